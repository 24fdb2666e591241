import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'

const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
const secrets = { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }
const singleSignOnOf = (env: Record<string, string>) => configFrom(readEnv(env), secrets, servers, 'bundle.js').portal.singleSignOn

const OIDC = {
  HERALD_URL: 'https://herald.bank.example',
  HERALD_OIDC_ISSUER: 'https://login.bank.example/realms/staff',
  HERALD_OIDC_CLIENT_ID: 'herald',
  HERALD_OIDC_CLIENT_SECRET: 'very-secret',
}

test('there is no single sign-on unless it is set', () => {
  expect(singleSignOnOf({})).toBeUndefined()
  expect(singleSignOnOf({ HERALD_OIDC_ISSUER: '', HERALD_OIDC_CLIENT_ID: '', HERALD_OIDC_ROLES: '', HERALD_OIDC_NAME: '' })).toBeUndefined()
})

test('single sign-on takes a provider, and roles where it is to give them', () => {
  expect(singleSignOnOf(OIDC)).toEqual({
    issuer: OIDC.HERALD_OIDC_ISSUER,
    clientId: 'herald',
    clientSecret: 'very-secret',
    name: 'single sign-on',
    scope: 'openid email profile',
  })
  const roles = { HERALD_OIDC_NAME: 'Bank Login', HERALD_OIDC_ROLE_CLAIM: 'roles', HERALD_OIDC_ROLES: 'ops=operator; admins=administrator@bank-a', HERALD_OIDC_TENANTS: 'bank-a, bank-b' }
  expect(singleSignOnOf({ ...OIDC, ...roles })).toMatchObject({
    name: 'Bank Login',
    roles: { claim: 'roles', rules: [{ value: 'ops', role: 'operator', tenantIds: ['bank-a', 'bank-b'] }, { value: 'admins', role: 'administrator', tenantIds: ['bank-a'] }] },
  })
  expect(singleSignOnOf({ ...OIDC, HERALD_OIDC_ROLES: 'ops=operator' })?.roles?.rules[0]?.tenantIds).toEqual(['default'])
  expect(singleSignOnOf({ ...OIDC, HERALD_OIDC_ISSUER: 'http://127.0.0.1:8080/realm' })?.issuer).toBe('http://127.0.0.1:8080/realm')
})

test.each([
  [{ ...OIDC, HERALD_OIDC_ISSUER: 'http://login.bank.example' }, 'HERALD_OIDC_ISSUER: must be an https address'],
  [{ ...OIDC, HERALD_OIDC_ISSUER: 'http://127.0.0.1.evil.example' }, 'HERALD_OIDC_ISSUER: must be an https address'],
  [{ ...OIDC, HERALD_OIDC_ISSUER: 'login.bank.example' }, 'HERALD_OIDC_ISSUER: must be an https address'],
  [{ ...OIDC, HERALD_OIDC_CLIENT_SECRET: '' }, 'Single sign-on needs HERALD_OIDC_ISSUER, HERALD_OIDC_CLIENT_ID and HERALD_OIDC_CLIENT_SECRET, and HERALD_URL'],
  [{ ...OIDC, HERALD_URL: '' }, '<HERALD_URL>/portal/signed-on'],
  [{ HERALD_OIDC_ROLES: 'ops=operator' }, 'Single sign-on needs'],
  [{ ...OIDC, HERALD_OIDC_SCOPES: 'email' }, 'HERALD_OIDC_SCOPES: must have openid among them'],
  [{ ...OIDC, HERALD_OIDC_ROLES: 'ops=boss' }, 'HERALD_OIDC_ROLES: "ops=boss" must be such as'],
  [{ ...OIDC, HERALD_OIDC_ROLES: 'ops=operator@bank-c', HERALD_OIDC_TENANTS: 'bank-a' }, 'gives a role in bank-c, which HERALD_OIDC_TENANTS does not name'],
  [{ ...OIDC, HERALD_OIDC_TENANTS: 'Bank A' }, 'HERALD_OIDC_TENANTS: must be ids of tenants'],
])('what cannot be used is refused, with what is allowed and without the secret: %j', (env, message) => {
  let error = ''
  try {
    singleSignOnOf(env)
  } catch (thrown) {
    error = String(thrown)
  }
  expect(error).toContain(message)
  expect(error).not.toContain('very-secret')
})
