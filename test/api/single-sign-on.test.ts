import type { SingleSignOnSettings } from '../../src/portal'
import { signInThere, startIdentityProvider, type IdentityProvider } from '../support/identity-provider'
import { addUser, openBrowser, PASSWORD, signedIn, tokenOf, type Browser } from './browser'
import type { Answer } from './client'
import { startApi, type TestApi } from './start-api'

let provider: IdentityProvider
/** Roles are given in Herald. */
let api: TestApi
/** Roles are the provider's to give. */
let mapped: TestApi
const ROLES: SingleSignOnSettings['roles'] = {
  claim: 'groups',
  rules: [
    { value: 'bank-admins', role: 'administrator', tenantIds: ['*'] },
    { value: 'bank-operators', role: 'operator', tenantIds: ['default', 'bank-a'] },
    { value: 'bank-a-viewers', role: 'viewer', tenantIds: ['bank-a'] },
  ],
}
beforeAll(async () => {
  provider = await startIdentityProvider()
  api = await startApi({ singleSignOn: provider.settings })
  mapped = await startApi({ singleSignOn: { ...provider.settings, roles: ROLES } })
  await provider.allow(api.url, mapped.url)
  for (const { admin } of [api, mapped]) await admin('POST', '/v1/tenants', { id: 'bank-a', name: 'Bank A' })
})
afterAll(async () => {
  await Promise.all([api?.stop(), mapped?.stop(), provider?.stop()])
})

/** As the portal and the page that the provider sends browsers back to do it. */
async function signOn(browser: Browser, name: string, token?: string): Promise<Answer> {
  const begun = await browser.call('POST', '/v1/sign-in/oidc', { ...(token !== undefined && { token }) })
  return browser.call('POST', '/v1/session/oidc', { answer: await signInThere(begun.body.url, name) })
}

const jane = { email: 'jane@bank.example', email_verified: true, name: 'Jane' }
const refusedWith = (why: string | RegExp) => ({ status: 401, body: { type: 'urn:herald:problem:sign-in-refused', detail: expect.stringMatching(why) } })

test('the sign-in page learns by which provider one can sign in', async () => {
  expect((await openBrowser(api).call('GET', '/v1/sign-in')).body).toEqual({ singleSignOn: { name: 'Bank Login' } })
  const without = await startApi()
  try {
    expect((await openBrowser(without).call('GET', '/v1/sign-in')).body).toEqual({})
    const { status, body } = await openBrowser(without).call('POST', '/v1/sign-in/oidc', {})
    expect([status, body.detail]).toEqual([404, expect.stringContaining('HERALD_OIDC_ISSUER')])
  } finally {
    await without.stop()
  }
})

test('the request to the provider has PKCE, a state and a nonce of its own, and the secret nowhere', async () => {
  const begun = await Promise.all([1, 2].map(() => openBrowser(api).call('POST', '/v1/sign-in/oidc', {})))
  const [one, two] = begun.map(({ body }) => new URL(body.url).searchParams)
  expect(Object.fromEntries(one!)).toEqual({
    client_id: 'herald',
    response_type: 'code',
    redirect_uri: `${api.url}/portal/signed-on`,
    scope: 'openid email profile groups',
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  })
  for (const name of ['state', 'nonce', 'code_challenge']) expect(one!.get(name)).not.toBe(two!.get(name))
  const set = begun[0]!.headers.getSetCookie()
  expect(set).toEqual([expect.stringMatching(/^herald_sign_on=s1\.[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/)])
  expect(set[0]).not.toContain(one!.get('state'))
})

test('who was invited signs in by the provider, is known by the account there, and not by the address', async () => {
  const { body: invited } = await api.admin('POST', '/v1/users', { email: 'Jane@bank.example', role: 'operator' })
  await provider.account('jane-1', jane)
  const browser = openBrowser(api)
  const answer = await signOn(browser, 'jane-1')
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ scopes: ['read', 'data', 'retry'] })])
  expect(answer.body.user).toMatchObject({ id: invited.id, email: 'Jane@bank.example', role: 'operator' })
  expect((await browser.call('GET', '/v1/webhooks')).status).toBe(200)
  expect(browser.cookie()).toMatch(/^herald_session=[\w-]{43}$/)
  expect((await api.admin('GET', `/v1/users/${invited.id}`)).body).toMatchObject({ status: 'active', singleSignOn: true, lastSignInAt: expect.any(String) })
  // The invitation opens nothing any more.
  expect((await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(invited.link), password: PASSWORD })).status).toBe(404)

  await provider.account('jane-1', { ...jane, email: 'jane.married@bank.example' })
  expect((await signOn(openBrowser(api), 'jane-1')).body.user.id).toBe(invited.id)
  await provider.account('jane-2', jane)
  expect(await signOn(openBrowser(api), 'jane-2')).toMatchObject(refusedWith(/belongs to another account at Bank Login/))
})

test('nobody gets in whom nobody has invited, or whose address the provider has not checked', async () => {
  await provider.account('stranger', { ...jane, email: 'stranger@bank.example' })
  expect(await signOn(openBrowser(api), 'stranger')).toMatchObject(refusedWith(/There is no user stranger@bank.example here: ask an administrator to invite/))
  await api.admin('POST', '/v1/users', { email: 'unchecked@bank.example', role: 'viewer' })
  for (const email_verified of [false, undefined, 'true']) {
    await provider.account('unchecked', { email: 'unchecked@bank.example', email_verified })
    expect(await signOn(openBrowser(api), 'unchecked')).toMatchObject(refusedWith(/Bank Login does not say that unchecked@bank.example is yours/))
  }
  await provider.account('addressless', {})
  expect(await signOn(openBrowser(api), 'addressless')).toMatchObject(refusedWith(/does not say what your e-mail address is/))
  expect(await api.store.models.sessions.countDocuments({ userId: { $exists: true } })).toBe(await api.store.models.sessions.countDocuments({}))
})

test('an account with a password is not taken over by an address; its owner may choose the provider by a link', async () => {
  const user = await signedIn(api, 'owner@bank.example')
  await provider.account('owner', { email: 'owner@bank.example', email_verified: true })
  expect(await signOn(openBrowser(api), 'owner')).toMatchObject(refusedWith(/has a password here: sign in with it, or ask an administrator for a link/))
  expect((await user.call('GET', '/v1/session')).status).toBe(200)

  const { body: link } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {})
  const browser = openBrowser(api)
  expect((await signOn(browser, 'owner', tokenOf(link.link))).body.user.id).toBe(user.id)
  expect((await user.call('GET', '/v1/session')).status).toBe(401)
  expect((await user.signIn('owner@bank.example', PASSWORD)).status).toBe(401)
  const changed = await browser.call('POST', '/v1/account/password', { password: PASSWORD, newPassword: 'seven quiet boats at noon' })
  expect([changed.status, changed.body.detail]).toEqual([403, expect.stringContaining('You sign in by an identity provider')])
  expect(await signOn(openBrowser(api), 'nobody-else', tokenOf(link.link))).toMatchObject(refusedWith(/This link was used/))

  const { body: back } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {})
  await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(back.link), password: PASSWORD })
  expect((await browser.call('GET', '/v1/session')).status).toBe(401)
  expect((await user.signIn('owner@bank.example', PASSWORD)).status).toBe(200)
  expect(await signOn(openBrowser(api), 'owner')).toMatchObject(refusedWith(/has a password here/))
})

test('who signs in by the provider is given a role in another tenant without a link, and goes on signing in by it', async () => {
  const { body: invited } = await api.admin('POST', '/v1/users', { email: 'both@bank.example', role: 'viewer' })
  await provider.account('both', { email: 'both@bank.example', email_verified: true })
  await signOn(openBrowser(api), 'both')
  const { body: held } = await api.admin('POST', `/v1/users/${invited.id}/password-link`, {})
  const { status, body } = await api.admin('POST', '/v1/users', { email: 'both@bank.example', role: 'operator' }, { 'herald-tenant': 'bank-a' })
  expect([status, body.status, body.link]).toEqual([200, 'active', undefined])
  expect((await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(held.link), password: PASSWORD })).status).toBe(404)
  expect((await signOn(openBrowser(api), 'both')).body.tenants).toHaveLength(2)
})

test('whose account at the provider was linked without a word on the address chooses anew before a role in another tenant', async () => {
  const { body: invited } = await api.admin('POST', '/v1/users', { email: 'victim@bank.example', role: 'viewer' })
  // An administrator of the first tenant, who holds the link, uses it for an account of their own.
  await provider.account('attacker', { email: 'attacker@bank.example', email_verified: true })
  const attacker = openBrowser(api)
  expect((await signOn(attacker, 'attacker', tokenOf(invited.link))).body.user.email).toBe('victim@bank.example')
  const { body } = await api.admin('POST', '/v1/users', { email: 'victim@bank.example', role: 'operator' }, { 'herald-tenant': 'bank-a' })
  expect([body.status, body.singleSignOn, body.link]).toEqual(['invited', false, expect.stringContaining('#token=')])
  expect((await attacker.call('GET', '/v1/session')).status).toBe(401)
  expect(await signOn(openBrowser(api), 'attacker')).toMatchObject(refusedWith(/There is no user attacker@bank.example/))
  await provider.account('victim', { email: 'victim@bank.example', email_verified: true })
  expect((await signOn(openBrowser(api), 'victim')).body.tenants).toHaveLength(2)
})

test('a disabled user is told so, also when the provider lets them in', async () => {
  const { body: invited } = await api.admin('POST', '/v1/users', { email: 'gone@bank.example', role: 'viewer' })
  await provider.account('gone', { email: 'gone@bank.example', email_verified: true })
  const browser = openBrowser(api)
  await signOn(browser, 'gone')
  await api.admin('PATCH', `/v1/users/${invited.id}`, { status: 'disabled' })
  expect((await browser.call('GET', '/v1/session')).status).toBe(401)
  expect(await signOn(openBrowser(api), 'gone')).toMatchObject(refusedWith(/Your account is disabled here/))
})

test('an answer counts once, soon, and in the browser that began', async () => {
  await api.admin('POST', '/v1/users', { email: 'once@bank.example', role: 'viewer' })
  await provider.account('once', { email: 'once@bank.example', email_verified: true })
  const begin = async (browser: Browser): Promise<string> => (await browser.call('POST', '/v1/sign-in/oidc', {})).body.url
  const finish = (browser: Browser, answer: string) => browser.call('POST', '/v1/session/oidc', { answer })
  const [mine, other] = [openBrowser(api), openBrowser(api)]
  const answer = await signInThere(await begin(mine), 'once')
  expect(await finish(openBrowser(api), answer)).toMatchObject(refusedWith(/not begun in this browser/))
  await begin(other)
  expect(await finish(other, answer)).toMatchObject(refusedWith(/not the answer to what this browser began last/))
  expect(await finish(mine, `${answer}x`.replace(/code=[^&]*/, 'code=guessed'))).toMatchObject({ status: 401 })
  const cookie = mine.cookie() ?? ''
  expect((await finish(mine, answer)).status).toBe(200)
  const again = await api.as(undefined)('POST', '/v1/session/oidc', { answer }, { cookie })
  expect(again).toMatchObject(refusedWith(/that took too long, or was tried twice/))

  const url = await begin(other)
  const late = await signInThere(url, 'once')
  const now = Date.now()
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 601_000)
  expect(await finish(other, late)).toMatchObject(refusedWith(/too long ago: begin again/))
  clock.mockRestore()
})

test('who is not allowed by the provider, or does not allow it, is told', async () => {
  const browser = openBrowser(api)
  const begun = await browser.call('POST', '/v1/sign-in/oidc', {})
  const answer = await signInThere(begun.body.url, 'jane-1', false)
  expect(answer).toContain('error=access_denied')
  expect(await browser.call('POST', '/v1/session/oidc', { answer })).toMatchObject(refusedWith('Signing in with Bank Login failed: access was denied there. Begin again.'))
})

test.each([
  ['is away', () => 'http://127.0.0.1:9'],
  ['is none', () => api.url],
  ['is another one', () => provider.settings.issuer.replace('127.0.0.1', 'localhost')],
])('a provider that %s is named, and passwords go on', async (_, issuer) => {
  const alone = await startApi({ singleSignOn: { ...provider.settings, issuer: issuer() } })
  try {
    const { status, headers, body } = await openBrowser(alone).call('POST', '/v1/sign-in/oidc', {})
    expect([status, headers.get('retry-after'), body.detail]).toEqual([503, '60', expect.stringContaining('Herald cannot use Bank Login now')])
    expect((await signedIn(alone, 'still@bank.example')).cookie()).toMatch(/^herald_session=/)
  } finally {
    await alone.stop()
  }
})

test('a wrong client secret is said to be what it is, and logged', async () => {
  const wrong = await startApi({ singleSignOn: { ...provider.settings, clientSecret: 'another' } })
  try {
    await provider.allow(api.url, mapped.url, wrong.url)
    expect(await signOn(openBrowser(wrong), 'jane-1')).toMatchObject(refusedWith(/it does not take the client id and secret of Herald/))
    expect(wrong.logged.join('')).toContain('OAUTH_WWW_AUTHENTICATE_CHALLENGE')
    expect(wrong.logged.join('')).not.toContain('another')
  } finally {
    await wrong.stop()
  }
})

describe('where the provider gives the roles', () => {
  const groups = (sub: string, ...names: string[]) => provider.account(sub, { email: `${sub}@bank.example`, name: sub, groups: names })

  test('whoever is in a group of the settings is a user, with the strongest role in each tenant', async () => {
    await groups('olga', 'others', 'bank-operators', 'bank-a-viewers')
    const { status, body } = await signOn(openBrowser(mapped), 'olga')
    expect(status).toBe(200)
    expect(body.user).toMatchObject({ name: 'olga', email: 'olga@bank.example' })
    expect(body.tenants.map(({ id, role }: { id: string; role: string }) => [id, role])).toEqual([['bank-a', 'operator'], ['default', 'operator']])
    await groups('root', 'bank-admins')
    expect((await signOn(openBrowser(mapped), 'root')).body).toMatchObject({ everyTenant: true, scopes: expect.arrayContaining(['admin']) })
  })

  test('what the groups give at the next sign-in takes the place of all before, and a link of before opens nothing', async () => {
    await groups('mover', 'bank-a-viewers')
    const browser = openBrowser(mapped)
    const { id } = (await signOn(browser, 'mover')).body.user
    const { body: held } = await mapped.admin('POST', `/v1/users/${id}/password-link`, {}, { 'herald-tenant': 'bank-a' })
    await groups('mover', 'bank-operators')
    expect((await signOn(openBrowser(mapped), 'mover')).body.tenants).toHaveLength(2)
    expect((await browser.call('GET', '/v1/session')).body.scopes).toEqual(['read', 'data', 'retry'])
    expect((await mapped.as(undefined)('POST', '/v1/setup', { token: tokenOf(held.link), password: PASSWORD })).status).toBe(404)

    await groups('mover')
    expect(await signOn(openBrowser(mapped), 'mover')).toMatchObject(refusedWith(/Bank Login gives you no role here: ask for one of the groups/))
    expect((await browser.call('GET', '/v1/session')).status).toBe(401)
    expect((await mapped.admin('GET', `/v1/users/${id}`)).status).toBe(404)
  })

  test('a user who has a password keeps it, and their role, until they choose the provider by a link', async () => {
    await addUser(mapped, 'local@bank.example', { role: 'administrator' })
    await groups('local', 'bank-a-viewers')
    expect(await signOn(openBrowser(mapped), 'local')).toMatchObject({ status: 401 })
    expect((await openBrowser(mapped).signIn('local@bank.example', PASSWORD)).body.user.role).toBe('administrator')

    const { body } = await mapped.admin('GET', '/v1/users?email=local@bank.example')
    const { body: link } = await mapped.admin('POST', `/v1/users/${body.data[0].id}/password-link`, {})
    await groups('somebody', 'bank-a-viewers')
    expect(await signOn(openBrowser(mapped), 'somebody', tokenOf(link.link))).toMatchObject(refusedWith(/has another address than local@bank.example/))
    expect((await signOn(openBrowser(mapped), 'local', tokenOf(link.link))).body.user).toMatchObject({ id: body.data[0].id, role: 'viewer' })
  })
})

test('nothing that is logged or kept has a secret, a code or a token of the provider', async () => {
  const begun = await openBrowser(api).call('POST', '/v1/sign-in/oidc', {})
  const kept = JSON.stringify(await api.store.models.users.find().lean())
  const logged = api.logged.join('')
  expect(logged).toContain('signed in by the identity provider')
  for (const secret of [provider.settings.clientSecret, 'code=', 'eyJ', new URL(begun.body.url).searchParams.get('state') ?? '']) {
    expect(logged).not.toContain(secret)
    expect(kept).not.toContain(secret)
  }
})
