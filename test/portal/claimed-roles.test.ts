import { grantsFrom, parseRules } from '../../src/portal/claimed-roles'

const rules = [
  { value: 'ops', role: 'operator', tenantIds: ['a', 'b'] },
  { value: 'admins', role: 'administrator', tenantIds: ['b'] },
] as const
const grants = (claims: object, claim = 'groups') => grantsFrom({ ...claims }, { claim, rules: rules.map((rule) => ({ ...rule, tenantIds: [...rule.tenantIds] })) })

test.each([
  [{ groups: ['ops', 'admins', 'x'] }, 'groups', [['a', 'operator'], ['b', 'administrator']]],
  [{ groups: 'admins' }, 'groups', [['b', 'administrator']]],
  [{ realm_access: { roles: ['admins'] } }, 'realm_access.roles', [['b', 'administrator']]],
  [{ 'https://herald/roles': ['admins'] }, 'https://herald/roles', [['b', 'administrator']]],
  [{ 'realm.roles': ['admins'] }, 'realm.roles', [['b', 'administrator']]],
  [{ groups: ['nobody'] }, 'groups', []],
  [{ groups: [{ ops: true }, null] }, 'groups', []],
  [{}, 'groups', []],
  [{}, '__proto__.constructor', []],
])('of %j the claim %s gives %j', (claims, claim, expected) => {
  expect(grants(claims, claim).map(({ tenantId, role }) => [tenantId, role])).toEqual(expected)
})

test('a rule holds in the allowed tenants, or in the one of them that it names', () => {
  expect(parseRules(['ops = operator', 'cn=admins,ou=bank=administrator@b'], ['a', 'b'])).toEqual({
    rules: [
      { value: 'ops', role: 'operator', tenantIds: ['a', 'b'] },
      { value: 'cn=admins,ou=bank', role: 'administrator', tenantIds: ['b'] },
    ],
  })
  expect(parseRules(['ops=operator@c'], ['*'])).toEqual({ rules: [{ value: 'ops', role: 'operator', tenantIds: ['c'] }] })
})

test.each([
  ['ops', 'must be such as'],
  ['ops=boss', 'must be such as'],
  ['=viewer', 'must be such as'],
  ['ops=operator@c', 'gives a role in c, which HERALD_OIDC_TENANTS does not name'],
  ['ops=operator@*', 'gives a role in *, which HERALD_OIDC_TENANTS does not name'],
])('the rule %s is refused in words', (text, fault) => {
  expect(parseRules([text], ['a', 'b'])).toEqual({ fault: expect.stringContaining(fault) })
})
