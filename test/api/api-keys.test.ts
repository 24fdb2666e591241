import { createApiKeyStore } from '../../src/store/api-keys'
import { signedIn } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

test('a key says who made it', async () => {
  const { id, call } = await signedIn(api, 'maker@bank.example', { role: 'administrator' })
  const { body: byUser } = await call('POST', '/v1/api-keys', { name: 'by a user', scopes: ['access', 'read'] })
  const { body: byKey } = await api.as(`Bearer ${byUser.key}`)('POST', '/v1/api-keys', { name: 'by a key', scopes: ['read'] })
  const { body: byAdmin } = await api.admin('POST', '/v1/api-keys', { name: 'by the admin key', scopes: ['read'] })
  expect([byUser.createdBy, byKey.createdBy, byAdmin.createdBy]).toEqual([id, byUser.id, 'admin'])
  const { body } = await api.admin('GET', '/v1/api-keys')
  expect(body.data.map(({ createdBy }: { createdBy: string }) => createdBy)).toEqual(['admin', byUser.id, id])
})

test('a key is not revoked by one that may do less', async () => {
  const { body: strong } = await api.admin('POST', '/v1/api-keys', { name: 'strong', scopes: ['read', 'retry'] })
  const narrow = await api.withScopes(['access', 'read'])
  const refused = await narrow('DELETE', `/v1/api-keys/${strong.id}`)
  expect([refused.status, refused.body.detail]).toEqual([403, 'You cannot take away what you do not have yourself: retry. You have: access, read.'])
  expect((await api.as(`Bearer ${strong.key}`)('GET', '/v1/events')).status).toBe(200)
  expect((await (await api.withScopes(['access', 'read', 'retry']))('DELETE', `/v1/api-keys/${strong.id}`)).status).toBe(204)
})

describe('a key that is made for a while', () => {
  test('says until when, and is refused from then on', async () => {
    const before = Date.now()
    const { status, body } = await api.admin('POST', '/v1/api-keys', { name: 'for a day', scopes: ['read'], expiresIn: '1d' })
    expect(status).toBe(201)
    expect(Date.parse(body.expiresAt) - before).toBeGreaterThanOrEqual(86_400_000)
    expect(Date.parse(body.expiresAt) - before).toBeLessThan(86_410_000)
    const call = api.as(`Bearer ${body.key}`)
    expect((await call('GET', '/v1/events')).status).toBe(200)
    const expired = jest.spyOn(Date, 'now').mockReturnValue(Date.parse(body.expiresAt))
    const refused = await call('GET', '/v1/events').finally(() => expired.mockRestore())
    expect([refused.status, refused.body.detail]).toEqual([401, `This API key expired at ${body.expiresAt}; use another one.`])
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  test.each([['30s'], ['3651d'], ['soon'], [5]])('is not made for %j', async (expiresIn) => {
    const { status, body } = await api.admin('POST', '/v1/api-keys', { name: 'x', scopes: ['read'], expiresIn })
    expect([status, body.errors[0].path]).toEqual([400, 'expiresIn'])
  })
})

describe('a key that is rotated', () => {
  const rotate = (id: string, body: object = {}, by = api.admin) => by('POST', `/v1/api-keys/${id}/rotate`, body)

  test('holds for the overlap beside the new one, which may do the same', async () => {
    const { body: old } = await api.admin('POST', '/v1/api-keys', { name: 'core banking', scopes: ['read', 'publish'] })
    const before = Date.now()
    const { status, body: next } = await rotate(old.id, { overlap: '2h' })
    expect(status).toBe(201)
    expect(next).toMatchObject({ name: 'core banking', scopes: ['read', 'publish'], rotatedFrom: old.id, createdBy: 'admin' })
    expect(next.expiresAt).toBeUndefined()
    expect(next.key).not.toBe(old.key)
    for (const { key } of [old, next]) expect((await api.as(`Bearer ${key}`)('GET', '/v1/events')).status).toBe(200)
    const { body: list } = await api.admin('GET', '/v1/api-keys')
    const { expiresAt } = list.data.find(({ id }: { id: string }) => id === old.id)
    expect(Math.abs(Date.parse(expiresAt) - before - 7_200_000)).toBeLessThan(10_000)
    const again = await rotate(old.id)
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('rotate the one that took its place')])
  })

  test('without an overlap is refused at once, and the new one holds as long as the old one was made for', async () => {
    const { body: old } = await api.admin('POST', '/v1/api-keys', { name: 'short', scopes: ['read'], expiresIn: '30d' })
    const { body: next } = await rotate(old.id, { overlap: '0s' })
    expect((await api.as(`Bearer ${old.key}`)('GET', '/v1/events')).status).toBe(401)
    expect(Date.parse(next.expiresAt) - Date.parse(next.createdAt)).toBe(30 * 86_400_000)
    expect((await rotate(old.id)).status).toBe(409)
    const { body: shorter } = await rotate(next.id, { expiresIn: '7d', overlap: '30d' })
    expect(Date.parse(shorter.expiresAt) - Date.parse(shorter.createdAt)).toBe(7 * 86_400_000)
    const { body: list } = await api.admin('GET', '/v1/api-keys')
    // Never longer than it had.
    expect(list.data.find(({ id }: { id: string }) => id === next.id).expiresAt <= next.expiresAt).toBe(true)
  })

  test('is rotated by whoever could give its scopes, in its tenant', async () => {
    const { body: key } = await api.admin('POST', '/v1/api-keys', { name: 'strong', scopes: ['read', 'retry'] })
    expect((await rotate(key.id, {}, await api.withScopes(['access', 'read']))).status).toBe(403)
    await api.admin('POST', '/v1/tenants', { id: 'bank-a' })
    expect((await rotate(key.id, {}, await api.withScopes(['access', 'read', 'retry'], 'bank-a'))).status).toBe(404)
    expect((await rotate(key.id, {}, await api.withScopes(['access', 'read', 'retry']))).status).toBe(201)
    await api.admin('DELETE', `/v1/api-keys/${key.id}`)
    const revoked = await rotate(key.id)
    expect([revoked.status, revoked.body.detail]).toEqual([409, expect.stringContaining('does not hold any more')])
  })
})

test('a key tells when it was used last, to the minute', async () => {
  const { body: key } = await api.admin('POST', '/v1/api-keys', { name: 'used', scopes: ['read'] })
  const shown = async () => {
    const { body } = await api.admin('GET', '/v1/api-keys')
    return body.data.find(({ id }: { id: string }) => id === key.id).lastUsedAt as string | undefined
  }
  expect(await shown()).toBeUndefined()
  expect((await api.as(`Bearer ${key.key.slice(0, -3)}xyz`)('GET', '/v1/events')).status).toBe(401)
  const before = Date.now()
  const writes = jest.spyOn(api.store.models.apiKeys, 'updateOne')
  for (let n = 0; n < 5; n++) await api.as(`Bearer ${key.key}`)('GET', '/v1/events')
  expect(writes).toHaveBeenCalledTimes(1)
  writes.mockRestore()
  while ((await shown()) === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(Math.abs(Date.parse((await shown()) ?? '') - before)).toBeLessThan(5_000)
})

test('a key that is revoked, or rotated without an overlap, is refused within a second by every process', async () => {
  const [here, there] = [createApiKeyStore(api.store.models), createApiKeyStore(api.store.models)]
  for (const end of ['revoke', 'retire'] as const) {
    const { body: key } = await api.admin('POST', '/v1/api-keys', { name: end, scopes: ['read'] })
    const holds = async () => {
      const { revokedAt, expiresAt } = (await there.find(key.id)) ?? {}
      return revokedAt === undefined && (expiresAt === undefined || expiresAt > new Date())
    }
    expect(await holds()).toBe(true)
    await here[end]('default', key.id, new Date())
    const ended = performance.now()
    while (await holds()) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(performance.now() - ended).toBeLessThan(1_100)
  }
})
