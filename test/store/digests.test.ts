import type { StoreConnection } from '../../src/store/connect'
import { createDigestStore, type DigestStore } from '../../src/store/digests'
import { connectTestStore } from '../support/mongo'

let store: StoreConnection
let digests: DigestStore
beforeAll(async () => {
  store = await connectTestStore()
  digests = createDigestStore(store.models)
})
afterAll(() => store.close())

const news = (tenantId: string, key: string, count = 1) => ({
  tenantId,
  aboutId: 'whk_1',
  type: 'delivery.parked',
  reason: 'attempts exhausted',
  count,
  key,
  at: new Date(),
})
const soon = () => new Date(Date.now() + 60_000)

test('whatever is added at once is counted, each key once, in one record', async () => {
  const keys = Array.from({ length: 40 }, (_, i) => `key-${i}`)

  await Promise.all([...keys, ...keys].map((key) => digests.add(news('a', key, 2))))

  expect(await digests.entries('a', 10)).toMatchObject([{ aboutId: 'whk_1', count: 80 }])
  expect(await store.models.digests.countDocuments({ tenantId: 'a' })).toBe(1)
})

test('what comes while a mail is sent stays for the next one', async () => {
  await digests.add(news('b', '1', 5))
  const told = await digests.entries('b', 10)
  await digests.add(news('b', '2', 3))

  await digests.takeOff('b', told)

  const left = await digests.entries('b', 10)
  expect(left).toMatchObject([{ count: 3, since: told[0]?.until }])
  await digests.takeOff('b', left)
  expect(await digests.entries('b', 10)).toEqual([])
  expect(await digests.waiting(soon())).not.toContain('b')
})

test('one of many has the claim, until it is over or is given back', async () => {
  const claim = (tenantId: string, token: string, forMs: number) => digests.claim(tenantId, token, new Date(Date.now() + forMs))
  const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => claim('c', `token-${i}`, 60_000)))
  expect(claims.filter(Boolean)).toHaveLength(1)
  const token = `token-${claims.indexOf(true)}`

  await digests.next('c', 'of somebody else', new Date())
  expect(await claim('c', 'late', 60_000)).toBe(false)
  await digests.next('c', token, new Date())
  expect(await claim('c', 'next', -1)).toBe(true)
  // The process that had it is gone, and its time is over.
  expect(await claim('c', 'after it', 60_000)).toBe(true)
})
