import { createLimits } from '../../src/api/limits'
import type { LimitSettings } from '../../src/api/limits'
import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'
import type { Client } from './client'
import { startApi, type TestApi } from './start-api'

const GARBAGE = `Bearer hrld_${'0'.repeat(26)}_${'A'.repeat(43)}`
const open: TestApi[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.stop()))
})

async function limited(limits: LimitSettings): Promise<TestApi> {
  const api = await startApi({ limits: createLimits(limits) })
  open.push(api)
  return api
}

const from = (address: string) => ({ 'x-forwarded-for': address })
const statuses = async (client: Client, times: number, address: string, path = '/v1/events'): Promise<number[]> => {
  const seen: number[] = []
  for (let i = 0; i < times; i++) seen.push((await client('GET', path, undefined, from(address))).status)
  return seen
}

test('an address has so many requests without a key that is known, then 429, and others are not concerned', async () => {
  const api = await limited({ address: { requests: 3, per: 'minute' } })
  const stranger = api.as(GARBAGE)
  const first = await stranger('GET', '/v1/events', undefined, from('198.51.100.1'))
  expect([first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([401, '"address";q=3;w=60', '"address";r=2;t=60'])
  expect(await statuses(stranger, 2, '198.51.100.1')).toEqual([401, 401])
  const refused = await stranger('GET', '/v1/events', undefined, from('198.51.100.1'))
  expect(refused.status).toBe(429)
  expect(refused.body).toMatchObject({ type: 'urn:herald:problem:too-many-requests', detail: expect.stringMatching(/More than 3 requests a minute came from this address; try again in \d+ s\. .*send a valid one/) })
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  expect(refused.headers.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/)
  expect(await statuses(stranger, 1, '198.51.100.2')).toEqual([401])
})

test('a script with an old key keeps nobody at its address from signing in, which has as many requests of its own', async () => {
  const api = await limited({ address: { requests: 2, per: 'minute' } })
  expect(await statuses(api.as(GARBAGE), 3, '198.51.100.7')).toEqual([401, 401, 429])
  expect(await statuses(api.as(undefined), 3, '198.51.100.7', '/v1/sign-in')).toEqual([200, 200, 429])
  expect(await statuses(api.as(GARBAGE), 1, '198.51.100.8')).toEqual([401])
})

test('who is no proxy that is known comes from where it comes, whatever it says', async () => {
  for (const trustProxies of [[], ['192.0.2.1']]) {
    const api = await startApi({ trustProxies, limits: createLimits({ address: { requests: 2, per: 'minute' } }) })
    open.push(api)
    await api.admin('POST', '/v1/tenants', { id: 'bank-x' }, from('198.51.100.1'))
    expect((await api.store.models.auditLines.find({ action: 'POST /v1/tenants' }).lean()).map((line) => line.from)).toEqual(['127.0.0.1', '127.0.0.1'])
    const seen: number[] = []
    for (const n of [1, 2, 3]) seen.push(...(await statuses(api.as(GARBAGE), 1, `198.51.100.${n}`)))
    expect(seen).toEqual([401, 401, 429])
  }
})

test('a proxy that is not known as one is told to the operator, once in a while', async () => {
  const api = await startApi({ trustProxies: ['192.0.2.1'] })
  open.push(api)
  await statuses(api.as(undefined), 3, '198.51.100.9', '/healthz')
  const lines = api.logged.filter((line) => line.includes('HERALD_TRUST_PROXY'))
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ peer: expect.stringContaining('127.0.0.1') })])
})

test('an address of IPv6 shares its tries with the network that its owner has', async () => {
  const api = await limited({ address: { requests: 2, per: 'minute' } })
  const stranger = api.as(undefined)
  expect(await statuses(stranger, 1, '2001:db8::1')).toEqual([401])
  expect(await statuses(stranger, 2, '2001:db8::ffff:2')).toEqual([401, 429])
  expect(await statuses(stranger, 1, '2001:db8:0:1::1')).toEqual([401])
})

test('who guesses keys costs no look-up any more, and keeps nobody out whose key was right before', async () => {
  const api = await limited({ address: { requests: 2, per: 'minute' } })
  const [regular, late] = [await api.withScopes(['read']), await api.withScopes(['read'])]
  expect(await statuses(regular, 1, '198.51.100.3')).toEqual([200])
  expect(await statuses(api.as(GARBAGE), 4, '198.51.100.3')).toEqual([401, 401, 429, 429])
  const { apiKeys } = api.store.models
  const looked = jest.spyOn(apiKeys, 'findById')
  expect(await statuses(api.as(`Bearer hrld_${'1'.repeat(26)}_${'A'.repeat(43)}`), 1, '198.51.100.3')).toEqual([429])
  expect(looked).not.toHaveBeenCalled()
  looked.mockRestore()
  expect(await statuses(regular, 5, '198.51.100.3')).toEqual([200, 200, 200, 200, 200])
  // One that was never shown from anywhere waits, or comes from elsewhere.
  expect(await statuses(late, 1, '198.51.100.3')).toEqual([429])
  expect(await statuses(late, 1, '198.51.100.4')).toEqual([200])
  expect(await statuses(late, 1, '198.51.100.3')).toEqual([200])
})

test('who guesses the admin key has no more tries than for another, and does not keep out whose it is', async () => {
  const api = await limited({ address: { requests: 2, per: 'minute' } })
  const admin = api.as('Bearer admin-key-of-a-test')
  expect(await statuses(api.as('Bearer admin-key-of-a-guess'), 3, '198.51.100.10')).toEqual([401, 401, 429])
  expect(await statuses(admin, 1, '198.51.100.10')).toEqual([429])
  expect(await statuses(admin, 1, '198.51.100.11')).toEqual([200])
  expect(await statuses(admin, 1, '198.51.100.10')).toEqual([200])
})

test('a key has a limit of its own, over all addresses, where one is set', async () => {
  const api = await limited({ key: { requests: 3, per: 'minute' } })
  const [one, other] = [await api.withScopes(['read']), await api.withScopes(['read'])]
  const first = await one('GET', '/v1/events')
  expect([first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual(['"key";q=3;w=60', '"key";r=2;t=60'])
  expect(await statuses(one, 1, '198.51.100.5')).toEqual([200])
  // What the key may not do ends before it costs anything; what is only wrong counts.
  expect((await one('POST', '/v1/webhooks', {})).status).toBe(403)
  expect((await one('GET', '/v1/events?limit=0')).headers.get('ratelimit')).toMatch(/r=0/)
  const refused = await one('GET', '/v1/events')
  expect([refused.status, refused.body.detail]).toEqual([429, expect.stringContaining('came with this key')])
  expect(await statuses(other, 1, '198.51.100.5')).toEqual([200])
})

test('what watches Herald is never refused for asking often', async () => {
  const api = await limited({ address: { requests: 1, per: 'minute' } })
  expect(await statuses(api.as(undefined), 5, '198.51.100.6', '/healthz')).toEqual([200, 200, 200, 200, 200])
})

test('by default strangers have a limit, and keys have none', () => {
  const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
  const limits = (env: Record<string, string>) => configFrom(readEnv(env), { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }, servers, 'bundle.js').limits
  expect(limits({})).toEqual({ address: { requests: 600, per: 'minute' } })
  expect(limits({ HERALD_ADDRESS_LIMIT: 'off', HERALD_KEY_LIMIT: '2000/s' })).toEqual({ key: { requests: 2_000, per: 'second' } })
  expect(() => limits({ HERALD_KEY_LIMIT: '10' })).toThrow('HERALD_KEY_LIMIT: must be requests a second or a minute, such as 100/s or 600/m, or off')
})
