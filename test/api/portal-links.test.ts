import { openBrowser, PASSWORD, signedIn, tokenOf, type Browser } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.admin('POST', '/v1/tenants', { id: 'bank-a', name: 'Bank A' })
})
afterAll(() => api.stop())

const inA = { 'herald-tenant': 'bank-a' }
const make = (body: object = {}) => api.admin('POST', '/v1/portal-links', body, inA)

test('a portal link opens a session of its tenant and role, once', async () => {
  const { body: webhook } = await api.admin('POST', '/v1/webhooks', { url: 'https://example.com', eventTypes: [1] }, inA)
  const before = Date.now()
  const { status, body } = await make({ name: 'Acme', webhookId: webhook.id })
  expect(status).toBe(201)
  expect(body).toEqual({ id: expect.stringMatching(/^lnk_/), url: expect.any(String), tenantId: 'bank-a', role: 'viewer', expiresAt: expect.any(String) })
  expect(body.url).toMatch(new RegExp(`^${api.url}/portal/link#token=[\\w-]{43}$`))
  expect(Date.parse(body.expiresAt) - before).toBeLessThan(301_000)

  const guest = openBrowser(api)
  const opened = await guest.call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
  expect(opened.body).toMatchObject({
    user: { id: body.id, name: 'Acme', role: 'viewer', totp: false },
    tenantId: 'bank-a',
    tenants: [{ id: 'bank-a', name: 'Bank A', role: 'viewer' }],
    scopes: ['read'],
    webhookId: webhook.id,
  })
  expect(opened.body.user.email).toBeUndefined()
  expect(Date.parse(opened.body.expiresAt) - before).toBeLessThan(3_700_000)
  expect((await guest.call('GET', `/v1/webhooks/${webhook.id}`)).status).toBe(200)
  expect((await guest.call('PATCH', `/v1/webhooks/${webhook.id}`, { description: 'x' })).status).toBe(403)
  expect((await guest.call('GET', '/v1/webhooks', undefined, { 'herald-tenant': 'default' })).status).toBe(403)
  const account = await guest.call('POST', '/v1/account/password', { password: 'x', newPassword: 'y' })
  expect([account.status, account.body.detail]).toEqual([403, 'Who came by a portal link has no account to change.'])

  const again = await openBrowser(api).call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
  expect([again.status, again.body.detail]).toEqual([404, expect.stringContaining('ask for another one')])
})

test('of two who open a link at once, one gets in', async () => {
  const { body } = await make()
  const both = await Promise.all([1, 2, 3].map(() => openBrowser(api).call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })))
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 404, 404])
})

test('a link that was not opened in time, or was revoked, lets nobody in', async () => {
  const late = await make({ expiresIn: '10s' })
  await api.store.models.oneTimeLinks.updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1) } })
  const revoked = await make()
  const stranger = await api.withScopes(['access', 'read'])
  await stranger('DELETE', `/v1/portal-links/${revoked.body.id}`)
  await api.admin('DELETE', `/v1/portal-links/${late.body.id}`, undefined, inA)
  const open = ({ body }: typeof late) => openBrowser(api).call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
  expect((await open(late)).status).toBe(404)
  const guest = openBrowser(api)
  // Another tenant's revocation changes nothing; its own ends the session too.
  expect((await guest.call('POST', '/v1/portal-links/open', { token: tokenOf(revoked.body.url) })).status).toBe(200)
  expect((await api.admin('DELETE', `/v1/portal-links/${revoked.body.id}`, undefined, inA)).status).toBe(204)
  expect((await guest.call('GET', '/v1/session')).status).toBe(401)
})

test('an invitation is no portal link, and a portal link sets no password', async () => {
  const { body: invited } = await api.admin('POST', '/v1/users', { email: 'a@bank.example', role: 'viewer' })
  const { body: link } = await make()
  const open = api.as(undefined)
  expect((await open('POST', '/v1/portal-links/open', { token: tokenOf(invited.link) })).status).toBe(404)
  expect((await open('POST', '/v1/setup', { token: tokenOf(link.url), password: PASSWORD, email: 'b@bank.example' })).status).toBe(404)
  expect((await open('POST', '/v1/setup', { token: tokenOf(invited.link), password: PASSWORD })).status).toBe(200)
  expect((await open('POST', '/v1/portal-links/open', { token: tokenOf(link.url) })).status).toBe(200)
})

test('nobody gives more by a link than they have', async () => {
  const key = await api.withScopes(['access', 'read'])
  expect((await key('POST', '/v1/portal-links', {})).status).toBe(201)
  expect((await key('POST', '/v1/portal-links', { role: 'operator' })).status).toBe(403)
  const administrator = await signedIn(api, 'admin@bank.example', { role: 'administrator' })
  expect((await administrator.call('POST', '/v1/portal-links', { role: 'administrator' })).status).toBe(201)
})

describe('in a browser that has a session', () => {
  const open = (browser: Browser, { body }: { body: { url: string } }, replace?: boolean) =>
    browser.call('POST', '/v1/portal-links/open', { token: tokenOf(body.url), ...(replace !== undefined && { replace }) })

  test('of a user, a link is opened when that is what they want', async () => {
    const user = await signedIn(api, 'asked@bank.example')
    const link = await make({ name: 'Acme', role: 'operator' })
    const asked = await open(user, link)
    expect([asked.status, asked.body]).toEqual([
      409,
      expect.objectContaining({ reason: 'session_live', signedInAs: 'asked@bank.example', link: { name: 'Acme', tenantId: 'bank-a', tenant: 'Bank A', role: 'operator' } }),
    ])
    expect((await user.call('GET', '/v1/session')).body.user.id).toBe(user.id)
    const before = user.cookie() ?? ''
    expect((await open(user, link, true)).body.user.name).toBe('Acme')
    expect(user.cookie()).toMatch(/^herald_guest=[\w-]{43}$/)
    expect((await user.call('GET', '/v1/session')).body.user.id).toBe(link.body.id)
    expect((await api.as(undefined)('GET', '/v1/session', undefined, { cookie: before })).status).toBe(401)
  })

  test('of a guest of the same tenant, the next link is opened at once; of another tenant, when it is wanted', async () => {
    const guest = openBrowser(api)
    await open(guest, await make())
    expect((await open(guest, await make())).status).toBe(200)
    const elsewhere = await api.admin('POST', '/v1/portal-links', {})
    expect((await open(guest, elsewhere)).status).toBe(409)
    expect((await open(guest, elsewhere, true)).body.tenantId).toBe('default')
  })

  test('that has ended, a link is opened at once', async () => {
    const user = await signedIn(api, 'ended@bank.example')
    await api.portal.sessions.endOfUser(user.id)
    expect((await open(user, await make())).status).toBe(200)
  })
})

test('an administrator who came by a link leaves nothing behind that gives access', async () => {
  const { body } = await make({ role: 'administrator' })
  const guest = openBrowser(api)
  const opened = await guest.call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
  expect(opened.body.scopes).toEqual(['read', 'data', 'retry', 'publish', 'manage'])
  expect((await guest.call('POST', '/v1/webhooks', { url: 'https://example.com', eventTypes: [1] })).status).toBe(201)
  for (const [path, wanted] of [
    ['/v1/api-keys', { name: 'lasting', scopes: ['read'] }],
    ['/v1/users', { email: 'lasting@bank.example', role: 'viewer' }],
    ['/v1/portal-links', {}],
  ] as const) {
    const refused = await guest.call('POST', path, wanted)
    expect([path, refused.status, refused.body.detail]).toEqual([path, 403, expect.stringContaining('the scope "access"')])
  }
})

test.each([
  [{ role: 'boss' }, 'role'],
  [{ expiresIn: '25h' }, 'expiresIn'],
  [{ sessionFor: '13h' }, 'sessionFor'],
  [{ webhookId: 'whk_none' }, 'webhookId'],
])('a portal link of %j is refused', async (body, path) => {
  const answer = await make(body)
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, path])
})

describe('the pages of links', () => {
  const page = (to: TestApi, path: string) => fetch(`${to.url}${path}`)

  test('hold nothing inline, and nobody may frame them unless it is set', async () => {
    for (const path of ['/portal/setup', '/portal/link', '/portal/signed-on']) {
      const response = await page(api, path)
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'$/)
      const text = await response.text()
      expect(text).not.toMatch(/<script>|style=|<style/)
      const parts = [...text.matchAll(/<(?:link|script)[^>]+(?:src|href)="([^"]+)"/g)].map(([, part]) => part ?? '')
      expect(parts).toHaveLength(2)
      for (const part of parts) expect((await page(api, part)).status).toBe(200)
    }
  })

  test('of sites that are set may frame the portal link, never the choice of a password', async () => {
    const publicUrl = 'https://herald.bank.example'
    const framed = await startApi({ portalSettings: { publicUrl, frameAncestors: ['https://app.other.example', "'self'"] } })
    try {
      const link = await page(framed, '/portal/link')
      expect(link.headers.get('content-security-policy')).toContain("frame-ancestors https://app.other.example 'self'")
      expect(link.headers.get('x-frame-options')).toBeNull()
      expect((await page(framed, '/portal/setup')).headers.get('content-security-policy')).toContain("frame-ancestors 'none'")

      const { body } = await framed.admin('POST', '/v1/portal-links', {})
      expect(body.url).toMatch(/^https:\/\/herald\.bank\.example\/portal\/link#token=/)
      const guest = openBrowser(framed)
      await guest.call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
      expect(guest.setCookie()).toMatch(/^__Host-herald_guest=[\w-]+; Path=\/; HttpOnly; Secure; Partitioned; SameSite=None$/)
      expect((await guest.call('GET', '/v1/session')).status).toBe(200)
      const out = await guest.call('DELETE', '/v1/session')
      expect(out.headers.getSetCookie()).toEqual([
        '__Host-herald_guest=; Max-Age=0; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
        '__Host-herald_guest=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
      ])
    } finally {
      await framed.stop()
    }
  })
})
