import { Secret, TOTP } from 'otpauth'
import { openBrowser, PASSWORD, signedIn, tokenOf, type Browser } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const OTHER = 'seven quiet boats at noon'

/** What an authenticator app makes of the URL, `steps` periods from now. */
function codeOf(url: string, steps = 0): string {
  const secret = new URL(url).searchParams.get('secret') ?? ''
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 })
}

async function withApp(email: string): Promise<Browser & { id: string; url: string; recoveryCodes: string[] }> {
  const user = await signedIn(api, email)
  const { body } = await user.call('POST', '/v1/account/totp', { password: PASSWORD })
  const confirmed = await user.call('POST', '/v1/account/totp/confirm', { code: codeOf(body.url) })
  if (confirmed.status !== 200) throw new Error(confirmed.text)
  return { ...user, url: body.url, recoveryCodes: confirmed.body.recoveryCodes }
}

describe('a password', () => {
  test('is changed with the old one, which ends every other session', async () => {
    const here = await signedIn(api, 'change@bank.example')
    const elsewhere = openBrowser(api)
    await elsewhere.signIn('change@bank.example', PASSWORD)
    const before = here.cookie() ?? ''
    const changed = await here.call('POST', '/v1/account/password', { password: PASSWORD, newPassword: OTHER })
    expect([changed.status, changed.body.user.email]).toEqual([200, 'change@bank.example'])
    expect((await here.call('GET', '/v1/session')).status).toBe(200)
    expect((await elsewhere.call('GET', '/v1/session')).status).toBe(401)
    expect((await api.as(undefined)('GET', '/v1/session', undefined, { cookie: before })).status).toBe(401)
    expect((await elsewhere.signIn('change@bank.example', PASSWORD)).status).toBe(401)
    expect((await elsewhere.signIn('change@bank.example', OTHER)).status).toBe(200)
  })

  test('is not changed without the old one, nor to a weak one, and the session goes on', async () => {
    const user = await signedIn(api, 'keep@bank.example')
    const wrong = await user.call('POST', '/v1/account/password', { password: OTHER, newPassword: OTHER })
    expect([wrong.status, wrong.body.errors]).toEqual([400, [{ path: 'password', message: 'is not right' }]])
    const weak = await user.call('POST', '/v1/account/password', { password: PASSWORD, newPassword: 'keep@bank.example' })
    expect([weak.status, weak.body.errors[0].path]).toEqual([400, 'newPassword'])
    expect((await user.call('GET', '/v1/session')).status).toBe(200)
  })

  test('is looked at a few times, and then made to wait for', async () => {
    const user = await signedIn(api, 'choosy@bank.example')
    const choose = (newPassword: string) => user.call('POST', '/v1/account/password', { password: PASSWORD, newPassword })
    for (let n = 0; n < 10; n++) expect((await choose('choosy@bank.example')).status).toBe(400)
    expect((await choose(OTHER)).status).toBe(429)
    const { body } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {})
    const answer = await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(body.link), password: OTHER })
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
  })

  test('is not guessed by whoever finds a browser open', async () => {
    const user = await signedIn(api, 'open@bank.example')
    const guess = () => user.call('POST', '/v1/account/totp/disable', { password: 'a guess' })
    for (let n = 0; n < 10; n++) expect((await guess()).status).toBe(400)
    expect((await guess()).status).toBe(429)
  })
})

describe('an authenticator app', () => {
  test('is needed once it has shown its first code', async () => {
    const user = await signedIn(api, 'app@bank.example')
    const { body } = await user.call('POST', '/v1/account/totp', { password: PASSWORD })
    expect(body.url).toMatch(/^otpauth:\/\/totp\/Herald:app(%40|@)bank\.example\?/)
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
    expect((await openBrowser(api).signIn('app@bank.example', PASSWORD)).status).toBe(200)

    const wrong = await user.call('POST', '/v1/account/totp/confirm', { code: '000000' })
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'code'])
    const confirmed = await user.call('POST', '/v1/account/totp/confirm', { code: codeOf(body.url) })
    expect(confirmed.body.recoveryCodes).toHaveLength(10)
    expect((await user.call('GET', '/v1/session')).body.user.totp).toBe(true)

    const browser = openBrowser(api)
    const missing = await browser.signIn('app@bank.example', PASSWORD)
    expect([missing.status, missing.body.type, missing.body.reason]).toEqual([401, 'urn:herald:problem:code-required', 'code_required'])
    expect((await browser.signIn('app@bank.example', 'a wrong password', codeOf(body.url, 1))).body.type).toBe('urn:herald:problem:sign-in-refused')
    expect((await browser.signIn('app@bank.example', PASSWORD, '123')).body.type).toBe('urn:herald:problem:sign-in-refused')
    expect((await browser.signIn('app@bank.example', PASSWORD, codeOf(body.url, 1))).status).toBe(200)

    const kept = JSON.stringify(await api.store.models.users.findById(user.id).lean())
    for (const secret of [body.secret, ...confirmed.body.recoveryCodes]) expect(kept).not.toContain(secret)
    expect(api.logged.join('')).not.toContain(body.secret)
  })

  test('has codes that work once, also for two at a time', async () => {
    const { url } = await withApp('once@bank.example')
    const signIn = (code: string) => openBrowser(api).signIn('once@bank.example', PASSWORD, code)
    // The one that was shown when it began.
    expect((await signIn(codeOf(url))).status).toBe(401)
    const next = codeOf(url, 1)
    const both = await Promise.all([signIn(next), signIn(next)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401])
    expect((await signIn(codeOf(url, 5))).status).toBe(401)
  })

  test('that is lost is made up for by a recovery code, once each', async () => {
    const { recoveryCodes: [first = '', second = ''] } = await withApp('recover@bank.example')
    const signIn = (code: string) => openBrowser(api).signIn('recover@bank.example', PASSWORD, code)
    expect((await signIn(first)).status).toBe(200)
    expect((await signIn(first)).status).toBe(401)
    expect((await signIn(second.toUpperCase().replaceAll('-', ' '))).status).toBe(200)
  })

  test('is taken off with the password and a code', async () => {
    const { call, recoveryCodes: [code = ''] } = await withApp('off@bank.example')
    const missing = await call('POST', '/v1/account/totp/disable', { password: PASSWORD })
    expect([missing.status, missing.body.errors[0].path]).toEqual([400, 'code'])
    expect((await call('POST', '/v1/account/totp/disable', { password: PASSWORD, code })).status).toBe(204)
    expect((await openBrowser(api).signIn('off@bank.example', PASSWORD)).status).toBe(200)
  })

  test('stays needed after a link for a new password, unless the administrator takes it off', async () => {
    const { id } = await withApp('stuck@bank.example')
    const reset = async (body: object) => {
      const { body: made } = await api.admin('POST', `/v1/users/${id}/password-link`, body)
      // Not before the link is used: the old password would be enough until then.
      expect((await api.admin('GET', `/v1/users/${id}`)).body.totp).toBe(true)
      await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(made.link), password: OTHER })
      return openBrowser(api).signIn('stuck@bank.example', OTHER)
    }
    expect((await reset({})).body.reason).toBe('code_required')
    expect((await reset({ disableTotp: true })).status).toBe(200)
  })
})
