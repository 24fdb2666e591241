import { addUser, openBrowser, PASSWORD, signedIn, tokenOf } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  for (const id of ['bank-a', 'bank-b']) await api.admin('POST', '/v1/tenants', { id })
})
afterAll(() => api.stop())

const [inA, inB] = [{ 'herald-tenant': 'bank-a' }, { 'herald-tenant': 'bank-b' }]
const setup = (body: object) => api.as(undefined)('POST', '/v1/setup', body)

describe('the first administrator', () => {
  test('is made by the newest link of the start, once, and no other after that', async () => {
    const fresh = await startApi()
    try {
      const { setupLink } = fresh.portal.accounts
      const [older, newer] = [await setupLink(), await setupLink()]
      const choose = (body: object) => fresh.as(undefined)('POST', '/v1/setup', body)
      const me = { email: 'Root@bank.example', name: 'Root', password: PASSWORD }
      expect((await choose({ ...me, token: older?.token })).status).toBe(404)
      const noEmail = await choose({ token: newer?.token, password: PASSWORD })
      expect([noEmail.status, noEmail.body.errors]).toEqual([400, [{ path: 'email', message: 'is required' }]])
      const weak = await choose({ ...me, token: newer?.token, password: 'root@bank.example' })
      expect([weak.status, weak.body.errors[0].path]).toEqual([400, 'password'])

      const both = await Promise.all([1, 2].map(() => choose({ ...me, token: newer?.token })))
      expect(both.map(({ status }) => status).toSorted()).toEqual([200, 404])
      expect(await setupLink()).toBeUndefined()
      const { body } = await openBrowser(fresh).signIn('root@bank.example', PASSWORD)
      expect(body).toMatchObject({ user: { email: 'Root@bank.example', name: 'Root', role: 'administrator' }, everyTenant: true })
      expect(body.scopes).toContain('admin')
    } finally {
      await fresh.stop()
    }
  })

  test('is not made by a link of the start once there is another user', async () => {
    const fresh = await startApi()
    try {
      const link = await fresh.portal.accounts.setupLink()
      await fresh.admin('POST', '/v1/users', { email: 'a@bank.example', role: 'viewer' })
      const late = await fresh.as(undefined)('POST', '/v1/setup', { token: link?.token, email: 'b@bank.example', password: PASSWORD })
      expect(late.status).toBe(404)
    } finally {
      await fresh.stop()
    }
  })
})

describe('an invitation', () => {
  test('lets a user choose a password, once, with a link whose token is kept nowhere', async () => {
    const before = Date.now()
    const { status, body } = await api.admin('POST', '/v1/users', { email: 'Ann@bank.example', name: 'Ann', role: 'operator' }, inA)
    expect(status).toBe(201)
    expect(body).toMatchObject({ email: 'Ann@bank.example', name: 'Ann', role: 'operator', everyTenant: false, status: 'invited', totp: false })
    expect(body.link).toMatch(new RegExp(`^${api.url}/portal/setup#token=[\\w-]{43}$`))
    expect(Date.parse(body.linkExpiresAt)).toBeGreaterThanOrEqual(before + 86_400_000)
    const kept = await api.store.models.oneTimeLinks.find().lean()
    expect(JSON.stringify(kept)).not.toContain(tokenOf(body.link))

    const look = (link: string) => api.as(undefined)('POST', '/v1/setup/link', { token: tokenOf(link) })
    const whose = { email: 'Ann@bank.example', name: 'Ann', expiresAt: body.linkExpiresAt }
    expect((await look(body.link)).body).toEqual({ kind: 'invited', ...whose })
    const done = await setup({ token: tokenOf(body.link), password: PASSWORD, name: 'Ann B.', email: 'ignored@bank.example' })
    expect((await look(body.link)).status).toBe(404)
    const { body: reset } = await api.admin('POST', `/v1/users/${body.id}/password-link`, {}, inA)
    expect((await look(reset.link)).body).toMatchObject({ kind: 'reset', email: 'Ann@bank.example', name: 'Ann B.' })
    expect(done.body).toEqual({ email: 'Ann@bank.example', name: 'Ann B.' })
    const again = await setup({ token: tokenOf(body.link), password: `${PASSWORD} 2` })
    expect([again.status, again.body.detail]).toEqual([404, expect.stringContaining('ask whoever sent it for another one')])
    expect((await api.admin('GET', `/v1/users/${body.id}`, undefined, inA)).body).toMatchObject({ status: 'active', name: 'Ann B.' })
    const record = JSON.stringify(await api.store.models.users.findById(body.id).lean())
    expect(record).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(record).not.toContain(PASSWORD)
  })

  test('ends after its time, and when it is replaced or its user removed', async () => {
    const invite = async (email: string) => (await api.admin('POST', '/v1/users', { email, role: 'viewer' })).body
    const late = await invite('late@bank.example')
    await api.store.models.oneTimeLinks.updateMany({ userId: late.id }, { $set: { expiresAt: new Date(Date.now() - 1) } })
    expect((await setup({ token: tokenOf(late.link), password: PASSWORD })).status).toBe(404)

    const replaced = await invite('replaced@bank.example')
    const { body: newer } = await api.admin('POST', `/v1/users/${replaced.id}/password-link`, {})
    expect((await setup({ token: tokenOf(replaced.link), password: PASSWORD })).status).toBe(404)
    expect((await setup({ token: tokenOf(newer.link), password: PASSWORD })).status).toBe(200)

    const removed = await invite('removed@bank.example')
    await api.admin('DELETE', `/v1/users/${removed.id}`)
    expect((await setup({ token: tokenOf(removed.link), password: PASSWORD })).status).toBe(404)
  })

  test.each([
    ['short', /^must have at least 12 characters/],
    ['x'.repeat(129), /^must have at most 128 characters/],
    ['passwordpassword', /too easy to guess/],
    ['123456789012', /too easy to guess/],
    ['aaaaaaaaaaaaaaaa', /too easy to guess/],
    ['weak@bank.example', /too easy to guess/],
    ['Weak Weak Weak', /too easy to guess/],
  ])('takes no password such as %s, and is not used up by it', async (password, message) => {
    const { body } = await api.admin('POST', '/v1/users', { email: `weak@bank.example`, name: 'Weak', role: 'viewer' })
    const weak = await setup({ token: tokenOf(body.link), password })
    expect([weak.status, weak.body.errors]).toEqual([400, [{ path: 'password', message: expect.stringMatching(message) }]])
    expect((await setup({ token: tokenOf(body.link), password: PASSWORD })).status).toBe(200)
    await api.admin('DELETE', `/v1/users/${body.id}`)
  })

  test('takes a password of any characters, however it is composed', async () => {
    const { body } = await api.admin('POST', '/v1/users', { email: 'utf8@bank.example', role: 'viewer' })
    const password = 'Ärger über Öl 🛢 im Fluß'
    expect((await setup({ token: tokenOf(body.link), password: password.normalize('NFD') })).status).toBe(200)
    expect((await openBrowser(api).signIn('utf8@bank.example', password.normalize('NFC'))).status).toBe(200)
  })

  test.each([
    [{ email: 'nobody', role: 'viewer' }, 'email', 'must be an e-mail address'],
    [{ email: 'a@bank.example' }, 'role', 'is required'],
    [{ email: 'a@bank.example', role: 'boss' }, 'role', 'must be one of viewer, operator, administrator'],
    [{ email: 'a@bank.example', role: 'viewer', admin: true }, 'admin', 'is not known here; known: email, name, role, everyTenant'],
  ])('of %j is refused', async (body, path, message) => {
    const answer = await api.admin('POST', '/v1/users', body)
    expect([answer.status, answer.body.errors]).toEqual([400, [{ path, message }]])
  })
})

describe('users', () => {
  test('are listed for their tenant, and found by their address', async () => {
    await addUser(api, 'list-1@bank.example', { tenantId: 'bank-b' })
    await addUser(api, 'list-2@bank.example', { tenantId: 'bank-b', role: 'operator' })
    await addUser(api, 'list-3@bank.example', { everyTenant: true, role: 'administrator' })
    const administrator = await signedIn(api, 'list-4@bank.example', { tenantId: 'bank-b', role: 'administrator' })
    const emails = ({ body }: { body: { data: { email: string }[] } }) => body.data.map(({ email }) => email.split('@')[0])
    expect(emails(await administrator.call('GET', '/v1/users'))).toEqual(['list-4', 'list-2', 'list-1'])
    expect(emails(await api.admin('GET', '/v1/users', undefined, inB))).toEqual(['list-4', 'list-3', 'list-2', 'list-1'])
    expect(emails(await api.admin('GET', '/v1/users?email=LIST-2@bank.example', undefined, inB))).toEqual(['list-2'])
    const first = await administrator.call('GET', '/v1/users?limit=2')
    expect(emails(await administrator.call('GET', `/v1/users?limit=2&cursor=${first.body.nextCursor}`))).toEqual(['list-1'])
  })

  test('have another role at once when an administrator gives it', async () => {
    const administrator = await signedIn(api, 'giver@bank.example', { role: 'administrator' })
    const user = await signedIn(api, 'taker@bank.example')
    const retry = () => user.call('POST', '/v1/deliveries/none/retry')
    expect((await retry()).status).toBe(403)
    const changed = await administrator.call('PATCH', `/v1/users/${user.id}`, { role: 'operator', name: 'Taker' })
    expect(changed.body).toMatchObject({ role: 'operator', name: 'Taker' })
    expect((await retry()).status).toBe(404)
  })

  test('are out at once when they are disabled, and in again when they are not', async () => {
    const user = await signedIn(api, 'disabled@bank.example')
    expect((await api.admin('PATCH', `/v1/users/${user.id}`, { status: 'disabled' })).body.status).toBe('disabled')
    expect((await user.call('GET', '/v1/session')).status).toBe(401)
    await api.admin('PATCH', `/v1/users/${user.id}`, { status: 'active' })
    expect((await user.call('GET', '/v1/session')).status).toBe(401)
    expect((await user.signIn('disabled@bank.example', PASSWORD)).status).toBe(200)
  })

  test('are signed out everywhere by an administrator of theirs, and by no other', async () => {
    const user = await signedIn(api, 'everywhere@bank.example', { tenantId: 'bank-a' })
    const elsewhere = openBrowser(api)
    await elsewhere.signIn('everywhere@bank.example', PASSWORD)
    expect((await api.admin('DELETE', `/v1/users/${user.id}/sessions`, undefined, inB)).status).toBe(404)
    expect((await elsewhere.call('GET', '/v1/session')).status).toBe(200)
    expect((await api.admin('DELETE', `/v1/users/${user.id}/sessions`, undefined, inA)).status).toBe(204)
    for (const { call } of [user, elsewhere]) expect((await call('GET', '/v1/session')).status).toBe(401)
    expect((await elsewhere.signIn('everywhere@bank.example', PASSWORD)).status).toBe(200)
  })

  test('are out when they were disabled or removed, though a session of theirs was left', async () => {
    const [disabled, removed] = [await signedIn(api, 'left-1@bank.example'), await signedIn(api, 'left-2@bank.example')]
    await api.portal.users.setDisabled(disabled.id, true)
    await api.portal.users.remove(removed.id)
    for (const { call } of [disabled, removed]) expect((await call('GET', '/v1/session')).status).toBe(401)
  })

  test('are out at once when their role is taken away, and gone when it was the last', async () => {
    const user = await signedIn(api, 'leaver@bank.example', { tenantId: 'bank-a' })
    const { body: given } = await api.admin('POST', '/v1/users', { email: 'leaver@bank.example', role: 'viewer' }, inB)
    await setup({ token: tokenOf(given.link), password: PASSWORD })
    await user.signIn('leaver@bank.example', PASSWORD)
    expect((await api.admin('DELETE', `/v1/users/${user.id}`, undefined, inA)).status).toBe(204)
    expect((await user.call('GET', '/v1/webhooks', undefined, inA)).status).toBe(403)
    expect((await user.call('GET', '/v1/webhooks', undefined, inB)).status).toBe(200)
    expect((await api.admin('DELETE', `/v1/users/${user.id}`, undefined, inB)).status).toBe(204)
    expect((await user.call('GET', '/v1/session')).status).toBe(401)
    expect((await api.admin('GET', `/v1/users/${user.id}`, undefined, inB)).status).toBe(404)
    expect((await api.admin('POST', '/v1/users', { email: 'leaver@bank.example', role: 'viewer' }, inB)).status).toBe(201)
  })

  test('neither disable, demote nor remove themselves', async () => {
    const administrator = await signedIn(api, 'self@bank.example', { role: 'administrator' })
    for (const [method, body] of [['PATCH', { role: 'viewer' }], ['PATCH', { status: 'disabled' }], ['DELETE', undefined]] as const) {
      expect((await administrator.call(method, `/v1/users/${administrator.id}`, body)).status).toBe(409)
    }
    expect((await administrator.call('PATCH', `/v1/users/${administrator.id}`, { name: 'Me' })).body.name).toBe('Me')
  })

  test('have one account for an address, which another tenant does not get at', async () => {
    const { id } = await addUser(api, 'shared@bank.example', { tenantId: 'bank-a' })
    const ofB = await signedIn(api, 'of-b@bank.example', { tenantId: 'bank-b', role: 'administrator' })
    const invited = await ofB.call('POST', '/v1/users', { email: 'SHARED@bank.example', role: 'viewer' })
    expect([invited.status, invited.body.detail]).toEqual([409, expect.stringContaining('an administrator of every tenant')])
    for (const [method, path, body] of [['GET', ''], ['PATCH', '', { role: 'viewer' }], ['DELETE', ''], ['POST', '/password-link', {}]] as const) {
      expect((await ofB.call(method, `/v1/users/${id}${path}`, body)).status).toBe(404)
    }

    expect((await api.admin('POST', '/v1/users', { email: 'shared@bank.example', role: 'viewer' }, inB)).body.link).toMatch(/#token=/)
    for (const [method, path, body] of [['PATCH', '', { status: 'disabled' }], ['PATCH', '', { name: 'x' }], ['POST', '/password-link', {}]] as const) {
      const answer = await ofB.call(method, `/v1/users/${id}${path}`, body)
      expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('roles in other tenants')])
    }
    expect((await ofB.call('PATCH', `/v1/users/${id}`, { role: 'operator' })).body.role).toBe('operator')
    expect((await api.admin('GET', `/v1/users/${id}`, undefined, inA)).body.role).toBe('viewer')
  })

  test.each([
    ['invited to another tenant', (email: string) => api.admin('POST', '/v1/users', { email, role: 'viewer' }, inB)],
    ['given a role in every tenant', (_: string, id: string) => api.admin('PATCH', `/v1/users/${id}`, { role: 'viewer', everyTenant: true }, inA)],
  ])('have to choose a password anew when they are %s, whoever chose the one before', async (how, give) => {
    const email = `${how.replaceAll(' ', '-')}@bank.example`
    const user = await signedIn(api, email, { tenantId: 'bank-a' })
    const { body: held } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {}, inA)
    const before = await api.portal.users.get(user.id)
    const given = await give(email, user.id)
    expect([given.status, given.body.status]).toEqual([200, 'invited'])
    expect((await user.call('GET', '/v1/session')).status).toBe(401)
    expect((await openBrowser(api).signIn(email, PASSWORD)).status).toBe(401)
    expect((await setup({ token: tokenOf(held.link), password: PASSWORD })).status).toBe(404)
    expect(await api.portal.accounts.changePassword(before!, 'seven quiet boats at noon')).toEqual({ kind: 'overtaken' })
    expect((await setup({ token: tokenOf(given.body.link), password: 'another five plain words' })).status).toBe(200)
    expect((await openBrowser(api).signIn(email, 'another five plain words')).status).toBe(200)
  })

  test('that are disabled become active by the link that says so, and by no older one', async () => {
    const user = await signedIn(api, 'back@bank.example')
    const disable = () => api.admin('PATCH', `/v1/users/${user.id}`, { status: 'disabled' })
    const link = async () => tokenOf((await api.admin('POST', `/v1/users/${user.id}/password-link`, { enable: true })).body.link)
    await disable()
    const older = await link()
    expect((await user.signIn('back@bank.example', PASSWORD)).status).toBe(401)
    await disable()
    expect((await setup({ token: older, password: 'another five plain words' })).status).toBe(404)
    await setup({ token: await link(), password: 'another five plain words' })
    expect((await user.signIn('back@bank.example', 'another five plain words')).status).toBe(200)
  })

  test('get no more from a caller than it has itself', async () => {
    const narrow = await api.withScopes(['access', 'read'])
    const administrator = await addUser(api, 'strong@bank.example', { role: 'administrator' })
    expect((await narrow('POST', '/v1/users', { email: 'weak-1@bank.example', role: 'viewer' })).status).toBe(201)
    expect((await narrow('POST', '/v1/users', { email: 'weak-2@bank.example', role: 'administrator' })).status).toBe(403)
    expect((await narrow('POST', `/v1/users/${administrator.id}/password-link`, {})).status).toBe(403)
    const ofTenant = await signedIn(api, 'of-tenant@bank.example', { role: 'administrator' })
    const everywhere = await ofTenant.call('POST', '/v1/users', { email: 'weak-3@bank.example', role: 'viewer', everyTenant: true })
    expect([everywhere.status, everywhere.body.detail]).toEqual([403, 'Only an administrator of every tenant gives a role in every tenant.'])
  })

  test('are not demoted or removed by whoever could not have given them their role', async () => {
    const narrow = await api.withScopes(['access', 'read'])
    const strong = await addUser(api, 'strong-2@bank.example', { role: 'operator' })
    for (const [method, body] of [['PATCH', { role: 'viewer' }], ['DELETE', undefined]] as const) {
      const refused = await narrow(method, `/v1/users/${strong.id}`, body)
      expect([refused.status, refused.body.detail]).toEqual([403, 'You cannot take away what you do not have yourself: data, retry. You have: access, read.'])
    }
    expect((await api.admin('GET', `/v1/users/${strong.id}`)).body.role).toBe('operator')
    const weak = await addUser(api, 'weak-4@bank.example')
    expect((await narrow('DELETE', `/v1/users/${weak.id}`)).status).toBe(204)
  })

  test('keep a stronger role in every tenant, and whoever gives a weaker one in one of them is told', async () => {
    const { id } = await addUser(api, 'everywhere@bank.example', { role: 'administrator', everyTenant: true })
    const inOne = await api.admin('PATCH', `/v1/users/${id}`, { role: 'viewer' }, inA)
    expect([inOne.status, inOne.body.detail]).toEqual([409, expect.stringContaining('is administrator in every tenant, so that a weaker role here would change nothing')])
    expect((await api.admin('POST', '/v1/users', { email: 'everywhere@bank.example', role: 'operator' }, inB)).status).toBe(409)
    expect((await api.admin('GET', `/v1/users/${id}`, undefined, inA)).body.role).toBe('administrator')
    const everywhere = await api.admin('PATCH', `/v1/users/${id}`, { role: 'viewer', everyTenant: true }, inA)
    expect([everywhere.status, everywhere.body.role]).toEqual([200, 'viewer'])
    expect((await api.admin('PATCH', `/v1/users/${id}`, { role: 'operator' }, inA)).body.role).toBe('operator')
  })

  test('get a role in every tenant only when one is named', async () => {
    const { id } = await addUser(api, 'roleless@bank.example')
    const refused = await api.admin('PATCH', `/v1/users/${id}`, { everyTenant: true })
    expect([refused.status, refused.body.errors]).toEqual([400, [{ path: 'role', message: 'is required with everyTenant: which one is to hold there?' }]])
  })

  test('who have lost their password get a link for another one, which ends their sessions', async () => {
    const user = await signedIn(api, 'lost@bank.example')
    const { status, body } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {})
    expect(status).toBe(201)
    expect((await user.call('GET', '/v1/session')).status).toBe(200)
    expect((await setup({ token: tokenOf(body.link), password: 'another five plain words' })).status).toBe(200)
    expect((await user.call('GET', '/v1/session')).status).toBe(401)
    expect((await user.signIn('lost@bank.example', PASSWORD)).status).toBe(401)
    expect((await user.signIn('lost@bank.example', 'another five plain words')).status).toBe(200)
  })
})
