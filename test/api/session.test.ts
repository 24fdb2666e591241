import { addUser, openBrowser, PASSWORD, signedIn, tokenOf } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.admin('POST', '/v1/tenants', { id: 'bank-a', name: 'Bank A' })
  await api.admin('POST', '/v1/tenants', { id: 'bank-b', name: 'Bank B' })
})
afterAll(() => api.stop())

const webhook = { url: 'https://example.com/hook', eventTypes: [1] }

test('a user signs in, is known, and signs out', async () => {
  await addUser(api, 'jane@bank.example', { role: 'operator', tenantId: 'bank-a' })
  const browser = openBrowser(api)
  const answer = await browser.signIn('  JANE@bank.example ', PASSWORD)
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({
    user: { id: expect.stringMatching(/^usr_/), email: 'jane@bank.example', name: 'jane@bank.example', role: 'operator', totp: false },
    tenantId: 'bank-a',
    tenants: [{ id: 'bank-a', name: 'Bank A', role: 'operator' }],
    everyTenant: false,
    scopes: ['read', 'data', 'retry'],
    csrfToken: expect.any(String),
    expiresAt: expect.any(String),
    idleAt: expect.any(String),
  })
  expect(browser.setCookie()).toMatch(/^herald_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  expect((await browser.call('GET', '/v1/session')).body).toEqual(answer.body)

  expect((await browser.call('DELETE', '/v1/session')).status).toBe(204)
  expect(browser.setCookie()).toMatch(/^herald_session=; Max-Age=0; Path=\//)
  expect((await browser.call('GET', '/v1/session')).status).toBe(401)
})

test('only a hash of the session is kept, and it ended when it was signed out of', async () => {
  const browser = await signedIn(api, 'hash@bank.example')
  const [, token = ''] = (browser.cookie() ?? '').split('=')
  const kept = JSON.stringify(await api.store.models.sessions.find().lean())
  expect(kept).not.toContain(token)
  const cookie = browser.cookie() ?? ''
  await browser.call('DELETE', '/v1/session')
  const { status, body } = await api.as(undefined)('GET', '/v1/session', undefined, { cookie })
  expect([status, body.detail]).toEqual([401, 'The session has ended: sign in again, or send an API key.'])
})

test('an unknown address, a wrong password and a disabled user are refused in the same words', async () => {
  const { id } = await addUser(api, 'out@bank.example')
  await addUser(api, 'in@bank.example')
  await api.admin('PATCH', `/v1/users/${id}`, { status: 'disabled' })
  await api.admin('POST', '/v1/users', { email: 'invited@bank.example', role: 'viewer' })
  const answers = await Promise.all([
    openBrowser(api).signIn('nobody@bank.example', PASSWORD),
    openBrowser(api).signIn('in@bank.example', `${PASSWORD}!`),
    openBrowser(api).signIn('out@bank.example', PASSWORD),
    openBrowser(api).signIn('invited@bank.example', PASSWORD),
  ])
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers[0]).toMatchObject({ status: 401, body: { type: 'urn:herald:problem:sign-in-refused' } })
  for (const { headers } of answers) expect(headers.get('set-cookie')).toBeNull()
})

test('what changes something needs the CSRF token of the session', async () => {
  const browser = await signedIn(api, 'csrf@bank.example', { role: 'administrator' })
  const other = await signedIn(api, 'csrf2@bank.example', { role: 'administrator' })
  const foreign = (await other.call('GET', '/v1/session')).body.csrfToken
  for (const shown of [undefined, '', 'x', foreign]) {
    const { status, body } = await api.as(undefined)('POST', '/v1/webhooks', webhook, {
      cookie: browser.cookie() ?? '',
      ...(shown !== undefined && { 'x-csrf-token': shown }),
    })
    expect([status, body.detail]).toEqual([403, 'Send the csrfToken of GET /v1/session in the header x-csrf-token.'])
  }
  expect((await browser.call('POST', '/v1/webhooks', webhook)).status).toBe(201)
})

const ROUTES: [method: string, path: string, weakest: string, body?: object][] = [
  ['GET', '/v1/webhooks', 'viewer'],
  ['GET', '/v1/deliveries', 'viewer'],
  ['POST', '/v1/deliveries/none/retry', 'operator'],
  ['POST', '/v1/releases', 'operator', { action: 'retry', filter: {}, dryRun: true }],
  ['POST', '/v1/events', 'administrator', { type: 5, data: { id: 't-1' } }],
  ['POST', '/v1/webhooks', 'administrator', webhook],
  ['GET', '/v1/api-keys', 'administrator'],
  ['GET', '/v1/users', 'administrator'],
  ['POST', '/v1/portal-links', 'administrator', {}],
  ['GET', '/v1/tenants', 'of every tenant'],
  ['PUT', '/v1/legal-holds/acc-1', 'of every tenant', { reason: 'x' }],
  ['POST', '/v1/event-types', 'of every tenant', {}],
]

test('each role may do what is its own and what the weaker ones may', async () => {
  const order = ['viewer', 'operator', 'administrator', 'of every tenant']
  for (const [rank, mine] of order.entries()) {
    const options = mine === 'of every tenant' ? { role: 'administrator', everyTenant: true } : { role: mine }
    const { call } = await signedIn(api, `role-${rank}@bank.example`, options)
    for (const [method, path, weakest, body] of ROUTES) {
      const allowed = rank >= order.indexOf(weakest)
      const answer = await call(method, path, body)
      expect([mine, method, path, answer.status === 403]).toEqual([mine, method, path, !allowed])
    }
  }
})

test('a user acts for the tenants in which they have a role, with the role that they have there', async () => {
  const browser = await signedIn(api, 'two@bank.example', { role: 'administrator', tenantId: 'bank-a' })
  const [inA, inB] = [{ 'herald-tenant': 'bank-a' }, { 'herald-tenant': 'bank-b' }]
  const { body: made } = await browser.call('POST', '/v1/webhooks', webhook)
  for (const tenantId of ['bank-b', 'nowhere']) {
    const refused = await browser.call('GET', '/v1/webhooks', undefined, { 'herald-tenant': tenantId })
    expect([refused.status, refused.body.detail]).toEqual([403, `You have no role in the tenant "${tenantId}"; an administrator of it can give you one.`])
  }

  const given = await api.admin('POST', '/v1/users', { email: 'two@bank.example', role: 'viewer' }, inB)
  expect(given.status).toBe(200)
  await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(given.body.link), password: PASSWORD })
  await browser.signIn('two@bank.example', PASSWORD)
  const { body } = await browser.call('GET', '/v1/session', undefined, inB)
  expect([body.tenantId, body.user.role, body.scopes]).toEqual(['bank-b', 'viewer', ['read']])
  expect(body.tenants.map(({ id, role }: { id: string; role: string }) => [id, role])).toEqual([['bank-a', 'administrator'], ['bank-b', 'viewer']])
  expect((await browser.call('GET', `/v1/webhooks/${made.id}`, undefined, inB)).status).toBe(404)
  expect((await browser.call('POST', '/v1/webhooks', webhook, inB)).status).toBe(403)
  expect((await browser.call('GET', `/v1/webhooks/${made.id}`, undefined, inA)).status).toBe(200)
})

test('an administrator of every tenant acts for any that is there', async () => {
  const browser = await signedIn(api, 'all@bank.example', { role: 'administrator', everyTenant: true })
  const { body } = await browser.call('GET', '/v1/session')
  expect([body.tenantId, body.everyTenant]).toEqual(['default', true])
  expect(body.tenants.map(({ id }: { id: string }) => id)).toEqual(['bank-a', 'bank-b', 'default'])
  expect((await browser.call('GET', '/v1/webhooks', undefined, { 'herald-tenant': 'bank-b' })).status).toBe(200)
  expect((await browser.call('GET', '/v1/webhooks', undefined, { 'herald-tenant': 'nowhere' })).status).toBe(404)
})

test('records of what was done name the user', async () => {
  const { id, call } = await signedIn(api, 'named@bank.example', { role: 'administrator', everyTenant: true })
  expect((await call('PUT', '/v1/legal-holds/acc-9', { reason: 'x' })).body.setBy).toBe(id)
})

test('an API key is taken before a cookie, and has no session', async () => {
  const { cookie } = await signedIn(api, 'both@bank.example')
  const answer = await api.admin('GET', '/v1/session', undefined, { cookie: cookie() ?? '' })
  expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('an API key has no session')])
})

test('a session ends when nobody uses it, and when its time is over', async () => {
  const browser = await signedIn(api, 'idle@bank.example')
  const { sessions } = api.store.models
  const mine = { userId: browser.id }
  const idle = async () => (await sessions.findOne(mine).lean())?.idleAt.getTime()
  const set = (change: object) => sessions.updateOne(mine, { $set: change })

  const soon = new Date(Date.now() + 60_000)
  await set({ idleAt: soon })
  await browser.call('GET', '/v1/session', undefined, { 'herald-background': 'true' })
  expect(await idle()).toBe(soon.getTime())
  await browser.call('GET', '/v1/session')
  expect(await idle()).toBeGreaterThan(Date.now() + 1_700_000)

  const end = new Date(Date.now() + 1_200_000)
  await set({ expiresAt: end, idleAt: soon })
  await browser.call('GET', '/v1/session')
  expect(await idle()).toBe(end.getTime())

  await set({ idleAt: new Date(Date.now() - 1) })
  expect((await browser.call('GET', '/v1/session')).status).toBe(401)
})

test('signing out everywhere ends all sessions of the user, and of nobody else', async () => {
  const first = await signedIn(api, 'many@bank.example')
  const second = openBrowser(api)
  await second.signIn('many@bank.example', PASSWORD)
  const other = await signedIn(api, 'other@bank.example')
  expect((await second.call('DELETE', '/v1/sessions')).status).toBe(204)
  expect((await first.call('GET', '/v1/session')).status).toBe(401)
  expect((await second.call('GET', '/v1/session')).status).toBe(401)
  expect((await other.call('GET', '/v1/session')).status).toBe(200)
})

test('a sign-in under way does not survive what ends all sessions', async () => {
  const { id } = await addUser(api, 'race@bank.example')
  const { users, sessions, accounts } = api.portal
  for (const end of [() => sessions.endOfUser(id), async () => { await accounts.changePassword((await users.get(id))!, 'seven quiet boats at noon') }]) {
    const proven = await users.get(id)
    await end()
    expect(proven && (await sessions.ofUser(proven))).toBeUndefined()
    expect(await api.store.models.sessions.countDocuments({ userId: id })).toBe(0)
  }
  expect((await openBrowser(api).signIn('race@bank.example', 'seven quiet boats at noon')).status).toBe(200)
})

test('signing in again begins another session and ends the one before', async () => {
  const browser = await signedIn(api, 'again@bank.example')
  const before = browser.cookie() ?? ''
  await browser.signIn('again@bank.example', PASSWORD)
  expect(browser.cookie()).not.toBe(before)
  expect((await api.as(undefined)('GET', '/v1/session', undefined, { cookie: before })).status).toBe(401)
})

test('who guesses is made to wait, from there and for that account alone', async () => {
  await addUser(api, 'target@bank.example')
  const guesser = openBrowser(api, { 'x-forwarded-for': '10.1.1.1' })
  for (let n = 0; n < 10; n++) expect((await guesser.signIn('target@bank.example', `guess ${n}`)).status).toBe(401)
  const stopped = await guesser.signIn('Target@bank.example', PASSWORD)
  expect([stopped.status, stopped.body.type]).toEqual([429, 'urn:herald:problem:too-many-tries'])
  expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(800)

  const owner = openBrowser(api, { 'x-forwarded-for': '10.1.1.2' })
  expect((await owner.signIn('target@bank.example', PASSWORD)).status).toBe(200)
  expect((await guesser.signIn('someone-else@bank.example', PASSWORD)).status).toBe(401)
})

test('an address of IPv4 is the same place however it is written, and no other', async () => {
  await addUser(api, 'mapped@bank.example')
  const from = (address: string) => openBrowser(api, { 'x-forwarded-for': address })
  for (let n = 0; n < 10; n++) await from(n % 2 ? '::ffff:10.2.1.1' : '10.2.1.1').signIn('mapped@bank.example', 'guess')
  expect((await from('::ffff:10.2.1.1').signIn('mapped@bank.example', PASSWORD)).status).toBe(429)
  expect((await from('::ffff:10.2.1.2').signIn('mapped@bank.example', PASSWORD)).status).toBe(200)
})

test('who guesses at many accounts is made to wait, and a whole network of IPv6 is one place', async () => {
  for (let n = 0; n < 100; n++) {
    const guesser = openBrowser(api, { 'x-forwarded-for': `2001:db8:1:1::${n.toString(16)}` })
    await guesser.signIn(`nobody-${n}@bank.example`, 'guess')
  }
  const guesser = openBrowser(api, { 'x-forwarded-for': '2001:db8:1:1:ffff::1' })
  expect((await guesser.signIn('nobody@bank.example', 'guess')).status).toBe(429)
})

test('whoever comes while very many sign in is sent away at once, and that try does not count', async () => {
  const tried = await Promise.all(
    Array.from({ length: 300 }, async (_, n) => {
      const email = `crowd-${n}@bank.example`
      const { status, headers } = await openBrowser(api, { 'x-forwarded-for': `10.3.${n >> 8}.${n & 255}` }).signIn(email, 'guess')
      return { email, status, retryAfter: headers.get('retry-after') }
    }),
  )
  const sentAway = tried.filter(({ status }) => status === 503)
  expect(sentAway.length).toBeGreaterThan(0)
  expect(new Set(sentAway.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['2']))
  const counted = JSON.stringify(await api.store.models.throttles.find({ key: /crowd-/ }).lean())
  expect(tried.filter(({ email }) => counted.includes(`${email}"`)).map(({ status }) => status)).toEqual(tried.filter(({ status }) => status !== 503).map(() => 401))
})

describe('an account', () => {
  let place = 0
  /** From ever other addresses, none of which has too many tries. Those in the middle are only counted: a hundred hashes take long. */
  async function fail(email: string, times: number, code?: string): Promise<void> {
    const guess = async () => {
      const guesser = openBrowser(api, { 'x-forwarded-for': `10.4.0.${place++}` })
      expect((await guesser.signIn(email, code === undefined ? 'guess' : PASSWORD, code)).status).toBe(401)
    }
    await guess()
    const { modifiedCount } = await api.store.models.throttles.updateOne({ key: `failures:${email}` }, { $inc: { points: times - 4 } })
    expect(modifiedCount).toBe(1)
    for (let n = 0; n < 3; n++) await guess()
  }
  const fromElsewhere = (email: string) => openBrowser(api, { 'x-forwarded-for': '10.5.1.1' }).signIn(email, PASSWORD)

  test('is locked after a hundred failures in a row, whether there is such a user or not, until a new password is chosen by a link', async () => {
    const { id } = await addUser(api, 'locked@bank.example')
    for (const email of ['locked@bank.example', 'nobody-locked@bank.example']) {
      await fail(email, 100)
      const { status, headers, body } = await fromElsewhere(email)
      expect([status, body.detail]).toEqual([429, expect.stringMatching(/^Locked after too many wrong tries: wait 24 h, or ask an administrator/)])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(86_000)
    }
    const { body } = await api.admin('POST', `/v1/users/${id}/password-link`, {})
    expect((await fromElsewhere('locked@bank.example')).status).toBe(429)
    await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(body.link), password: PASSWORD })
    expect((await fromElsewhere('locked@bank.example')).status).toBe(200)
  })

  test('is not locked by failures that a success comes between', async () => {
    await addUser(api, 'between@bank.example')
    await fail('between@bank.example', 99)
    expect((await fromElsewhere('between@bank.example')).status).toBe(200)
    await fail('between@bank.example', 99)
    expect((await fromElsewhere('between@bank.example')).status).toBe(200)
  })

  test('is locked by wrong codes too', async () => {
    const { id } = await addUser(api, 'codes@bank.example')
    await api.portal.users.setPendingTotp(id, 'JBSWY3DPEHPK3PXP')
    await api.portal.users.enableTotp(id, 'JBSWY3DPEHPK3PXP', [])
    await fail('codes@bank.example', 100, '12345')
    expect((await fromElsewhere('codes@bank.example')).status).toBe(429)
  })
})

test('nothing that is logged has a password, a cookie or a token', async () => {
  const browser = await signedIn(api, 'log@bank.example')
  await openBrowser(api).signIn('log@bank.example', 'a wrong password here')
  const logged = api.logged.join('')
  expect(logged).toContain(browser.id)
  for (const secret of [PASSWORD, 'a wrong password here', (browser.cookie() ?? '').split('=')[1]]) expect(logged).not.toContain(secret)
})

test.each([
  [{}, ['email', 'password']],
  [{ email: 1, password: 'x' }, ['email']],
  [{ email: 'a', password: 'x', remember: true }, ['remember']],
])('a sign-in of %j is refused with its fields', async (body, fields) => {
  const answer = await api.as(undefined)('POST', '/v1/session', body)
  expect([answer.status, answer.body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, fields])
})

describe('over TLS', () => {
  test('the cookie is for this host and TLS alone', async () => {
    await addUser(api, 'tls@bank.example')
    const browser = openBrowser(api, { 'x-forwarded-proto': 'https' })
    await browser.signIn('tls@bank.example', PASSWORD)
    expect(browser.setCookie()).toMatch(/^__Host-herald_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    expect((await browser.call('GET', '/v1/session')).status).toBe(200)
  })

  test('a cookie that plain HTTP could have set is not taken from a request over TLS', async () => {
    const { cookie, call } = await signedIn(api, 'plain@bank.example')
    expect((await call('GET', '/v1/session')).status).toBe(200)
    expect((await api.as(undefined)('GET', '/v1/session', undefined, { cookie: cookie() ?? '', 'x-forwarded-proto': 'https' })).status).toBe(401)
  })

  test('a cookie that plain HTTP could have set is not taken where Herald is reached by TLS', async () => {
    const secure = await startApi({ portalSettings: { publicUrl: 'https://herald.bank.example', frameAncestors: [] } })
    try {
      await addUser(secure, 'tls@bank.example')
      const browser = openBrowser(secure)
      await browser.signIn('tls@bank.example', PASSWORD)
      expect(browser.setCookie()).toMatch(/^__Host-herald_session=/)
      const cookie = (browser.cookie() ?? '').replace('__Host-', '')
      expect((await secure.as(undefined)('GET', '/v1/session', undefined, { cookie })).status).toBe(401)
    } finally {
      await secure.stop()
    }
  })
})
