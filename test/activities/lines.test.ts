import { newLines, takeInOrder, type Lines, type Taken } from '../../activities/lines'
import type { Delivery } from '../../src/domain/delivery'
import type { OpenWebhook } from '../../src/domain/webhook'
import { createLogger } from '../../src/logger'
import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createLineStore } from '../../src/store/lines'
import { createQueueStore } from '../../src/store/queue'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'
import { testEvents } from '../support/vaults'

const tenantId = 'bank'
const LINES = 3_000

let store: StoreConnection
beforeAll(async () => {
  store = await connectTestStore()
})
afterAll(() => store.close())

const webhookOf = (id: string) => ({ id, tenantId, eventTypes: [5], onExhausted: 'block', ordering: 'key', retry: { maximumAttempts: 5 } }) as unknown as OpenWebhook

const take = (webhookId: string, lines: Lines, due: Delivery[] = [], most = 200): Promise<Taken> => {
  const { models } = store
  const deps = { lines: createLineStore(models), events: testEvents(models), queue: createQueueStore(models), logger: createLogger('silent') }
  return takeInOrder(deps, webhookOf(webhookId), lines, due, most)
}

const keyOf = (i: number): string => `key-${String(i).padStart(5, '0')}`

async function insert(webhookId: string, all: Partial<Delivery>[]): Promise<Delivery[]> {
  const deliveries = all.map((given, i) => {
    const { token: _token, ...delivery } = newDelivery({ id: `dlv_${webhookId}_${i}`, tenantId, webhookId, posts: 0, turn: i + 1, ...given })
    return delivery
  })
  await createDeliveryStore(store.models).insert(deliveries)
  return deliveries
}

const parkedLines = (count: number): Partial<Delivery>[] => Array.from({ length: count }, (_, i) => ({ orderingKey: keyOf(i), status: 'parked' as const }))
const behind = (i: number): Partial<Delivery> => ({ orderingKey: keyOf(i), queue: 'behind', nextAttemptAt: new Date(0), turn: LINES + i + 1 })

/** What one run takes until nothing moves any more. */
async function takeAll(webhookId: string, lines = newLines({ after: '' })): Promise<string[]> {
  const ids: string[] = []
  for (let taken = await take(webhookId, lines); ; taken = await take(webhookId, lines)) {
    ids.push(...taken.chains.flat().map(({ id }) => id))
    if (!taken.moved || ids.length > 0) return ids
  }
}

it('finds the one line of thousands in which something was cancelled, at once and without reading the others', async () => {
  const all = await insert('whk_1', [...parkedLines(LINES), behind(2_900)])
  const { db } = store.models.events
  await store.models.hot.deliveries.updateOne({ _id: all[2_900]?.id ?? '' }, { $set: { status: 'cancelled' } })
  await db.db?.command({ profile: 2 })
  expect(await takeAll('whk_1')).toEqual([all.at(-1)?.id])
  await db.db?.command({ profile: 0 })
  const looks = await db.collection('system.profile').find<{ docsExamined?: number }>({ ns: /deliveries$/ }).toArray()
  expect(looks.reduce((sum, { docsExamined = 0 }) => sum + docsExamined, 0)).toBeLessThan(LINES / 2)
})

it('keeps what is through in its line until the next one has its turn, so that a kill in between loses no line', async () => {
  const done = { orderingKey: 'key', status: 'delivered' as const }
  const all = await insert('whk_2', [done, done, { orderingKey: 'key', queue: 'behind', nextAttemptAt: new Date(0) }, { ...done, orderingKey: 'other' }])
  for (const _run of [1, 2]) expect(await takeAll('whk_2')).toEqual([all[2]?.id])
  // Claimed: the line has its turn, whatever becomes of this process.
  const { deliveries } = store.models.hot
  await deliveries.updateOne({ _id: all[2]?.id ?? '' }, { $set: { queue: 'waiting', token: 'somebody' } })
  await takeAll('whk_2')
  expect(await deliveries.countDocuments({ webhookId: 'whk_2', turn: { $exists: true } })).toBe(1)
})

it('goes over all lines, page by page, for one that stands behind nothing', async () => {
  const all = await insert('whk_3', [...parkedLines(LINES - 1), { orderingKey: keyOf(LINES - 1), queue: 'behind', nextAttemptAt: new Date(0) }])
  const scan = { after: '' }
  const found: string[] = []
  for (let run = 0; run < 7; run += 1) found.push(...(await takeAll('whk_3', newLines(scan))))
  expect(found).toContain(all.at(-1)?.id)
})

it('remembers a bounded number of lines, and forgets none', async () => {
  const due = await insert('whk_4', Array.from({ length: LINES }, (_, i) => ({ orderingKey: keyOf(i), queue: 'waiting' as const, nextAttemptAt: new Date(0), releaseId: 'rel_1' })))
  const lines = newLines({ after: '' })
  const taken = new Set<string>()
  // As a paced release does: page by page, none of which is looked at again.
  for (let from = 0; from < LINES; from += 200) {
    const { chains } = await take('whk_4', lines, due.slice(from, from + 200))
    for (const { id } of chains.flat()) taken.add(id)
    expect(lines.known.size).toBeLessThanOrEqual(2_000)
  }
  expect(taken.size).toBe(LINES)
})

it('leaves the first of a line its turn while the journal has something before it, and asks again', async () => {
  const events = testEvents(store.models)
  const event = { tenantId, id: 'evt-1', typeId: 5, type: 'TRANSACTION SUCCESSFUL', createdAt: new Date(), data: '{}', entityId: 'key-stopped', hash: 'h' }
  await events.insert([event], { starter: 'a test', until: new Date(Date.now() + 60_000) })
  const [later] = await insert('whk_5', [{ orderingKey: 'key-stopped', queue: 'waiting', nextAttemptAt: new Date(0), turn: Number.MAX_SAFE_INTEGER }])
  expect((await take('whk_5', newLines({ after: '' }), later ? [later] : [])).chains).toEqual([])
  const { queue, nextAttemptAt } = (await store.models.hot.deliveries.findOne({ _id: later?.id ?? '' })) ?? {}
  expect(queue).toBe('waiting')
  expect(nextAttemptAt?.getTime()).toBeGreaterThan(Date.now())
})
