import { mongo } from 'mongoose'
import { attemptKey } from '../../src/domain/ids'
import { SPAN_MS, type Span } from '../../src/domain/spans'
import { createTallying, type Tallying } from '../../src/steering/tallying'
import type { AttemptRecord } from '../../src/store/attempts'
import { createBacklogStore } from '../../src/store/backlogs'
import type { StoreConnection } from '../../src/store/connect'
import { createStatisticsQueries, type Statistics } from '../../src/store/statistics'
import { ALL, createTallyStore, type TallyStore } from '../../src/store/tallies'
import { createTallySources } from '../../src/store/tally-sources'
import { createTakeTurn } from '../../src/store/turns'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'

const { minute: MINUTE, hour: HOUR, day: DAY } = SPAN_MS
const TENANT = 'bank-a'

let store: StoreConnection
beforeEach(async () => {
  store = await connectTestStore()
})
afterEach(() => store.close())

interface Overrides {
  tallies?: Partial<TallyStore>
  settleMs?: number
}

function tallying({ tallies, settleMs = 0 }: Overrides = {}): Tallying {
  const { models } = store
  return createTallying({
    tallies: { ...createTallyStore(models), ...tallies },
    sources: createTallySources(models),
    backlogs: createBacklogStore(models),
    takeTurn: async () => true,
    times: { everyMs: 600_000, settleMs },
    stopping: new AbortController().signal,
  })
}

/** As if counting had begun then. */
async function beginAt(time: number): Promise<void> {
  const from = new Date(time)
  await store.models.hot.tallyProgress.insertOne({ _id: 'tallies', settledUntil: from, hoursUntil: from, daysUntil: from, countedUntil: from })
}

let made = 0
const attempt = (at: number, given: Partial<AttemptRecord> = {}): AttemptRecord => ({
  _id: attemptKey(`dlv_${++made}`, 1),
  tenantId: TENANT,
  deliveryId: `dlv_${made}`,
  number: 1,
  startedAt: new Date(at),
  durationMs: 100,
  arrivedAfterMs: 250,
  request: { url: 'https://bank.example/', headers: {} },
  response: { status: 200, headers: {}, body: '', truncated: false },
  outcome: { kind: 'delivered', status: 200 },
  webhookId: 'whk_1',
  recordedAt: new mongo.Timestamp({ t: Math.floor(at / 1_000), i: 1 }),
  ...given,
})
const record = (all: AttemptRecord[]) => store.models.hot.attempts.insertMany(all)
const failure = { arrivedAfterMs: undefined, outcome: { kind: 'failed', reason: 'status', detail: 'no', status: 500 } } as const

/** Of the last three days. */
const statistics = (webhookId?: string): Promise<Statistics> => {
  const now = Date.now()
  return createStatisticsQueries(store.models).series(TENANT, now - 3 * DAY, now, webhookId)
}
const tallied = (span: Span) => store.models.hot.tallies.find({ span, webhookId: ALL }).sort({ at: 1 }).toArray()

it('adds minutes up to hours, and hours to days, and loses or doubles nothing', async () => {
  const begin = Math.floor(Date.now() / DAY) * DAY - 2 * DAY
  await beginAt(begin)
  // Every quarter of an hour for two days, at changing seconds.
  const times = Array.from({ length: 2 * 96 }, (_, i) => begin + i * 15 * MINUTE + (i % 60) * 1_000)
  await record(times.flatMap((at, i) => [attempt(at), ...(i % 4 === 0 ? [attempt(at, { ...failure, webhookId: 'whk_2' })] : [])]))
  await tallying().count()
  expect((await tallied('day')).map(({ delivered, failed }) => [delivered, failed])).toEqual([[96, 24], [96, 24]])
  expect(await tallied('hour')).toHaveLength(48)
  expect((await statistics()).totals).toMatchObject({ delivered: 192, failed: 48 })
  expect((await statistics('whk_2')).totals).toMatchObject({ delivered: 0, failed: 48 })
}, 60_000)

it('counts the same when it is counted again, by two at once and after a crash at any write', async () => {
  const begin = Math.floor(Date.now() / HOUR) * HOUR - 2 * HOUR
  await beginAt(begin)
  await record(Array.from({ length: 240 }, (_, i) => attempt(begin + i * 20_000)))
  for (const crashAt of [1, 3, 30, 62]) {
    let writes = 0
    const store_ = createTallyStore(store.models)
    const crash = (): void => {
      if (++writes === crashAt) throw new Error('of a test')
    }
    const dying = tallying({
      tallies: {
        write: async (...given) => {
          await store_.write(...given)
          crash()
        },
      },
    })
    await expect(dying.count()).rejects.toThrow('of a test')
  }
  await Promise.all([tallying().count(), tallying().count()])
  const { totals } = await statistics()
  expect(totals.delivered).toBe(240)
  expect((await tallied('hour')).map(({ delivered }) => delivered)).toEqual([180, 60])
}, 60_000)

it('takes in what came late, until the minute settles, and keeps it from one that had stood still', async () => {
  const begin = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * MINUTE
  await beginAt(begin)
  await record([attempt(begin)])
  const sources = createTallySources(store.models)
  const stale = await sources.count(begin, begin + MINUTE)
  await tallying({ settleMs: HOUR }).count()
  await record([attempt(begin + 1_000), attempt(begin + 2_000, failure)])
  await tallying({ settleMs: 0 }).count()
  expect((await statistics()).totals).toMatchObject({ delivered: 2, failed: 1 })
  await createTallyStore(store.models).write('minute', begin, stale)
  expect((await statistics()).totals).toMatchObject({ delivered: 2, failed: 1 })
})

it('counts every time that a delivery was parked, in its minute, whatever became of it since', async () => {
  const begin = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE
  await beginAt(begin)
  const parkings = [begin + 30_000, begin + 31_000, begin + 5 * MINUTE].map((at) => new Date(at))
  const { id: _id, ...delivery } = newDelivery({ id: 'dlv_parked', tenantId: TENANT, status: 'delivered' })
  await store.models.hot.deliveries.insertOne({ _id, ...delivery, parkings })
  await tallying().count()
  expect((await tallied('minute')).map(({ at, parked }) => [(at.getTime() - begin) / MINUTE, parked])).toEqual([
    [0, 2],
    [5, 1],
  ])
})

it('keeps the backlog when it has changed, and shows what stood at the end of each step', async () => {
  const backlogs = createBacklogStore(store.models)
  const now = Math.floor(Date.now() / HOUR) * HOUR
  const park = async (n: number, status: 'parked' | 'held' | 'delivered'): Promise<void> => {
    const { id: _id, ...delivery } = newDelivery({ id: `dlv_${n}`, tenantId: TENANT, status })
    await store.models.hot.deliveries.replaceOne({ _id }, delivery, { upsert: true })
  }
  await park(1, 'parked')
  await backlogs.sample(new Date(now - 10 * HOUR))
  await backlogs.sample(new Date(now - 9 * HOUR))
  await park(2, 'held')
  await backlogs.sample(new Date(now - 5 * HOUR))
  await park(1, 'delivered')
  await backlogs.sample(new Date(now - 4 * HOUR - MINUTE / 2))
  await park(2, 'parked')
  await backlogs.sample(new Date(now - 4 * HOUR))
  await park(2, 'held')
  // Of a minute, the last.
  await backlogs.sample(new Date(now - 4 * HOUR + MINUTE / 4))
  expect(await store.models.hot.backlogs.countDocuments({})).toBe(4)
  const { series } = await createStatisticsQueries(store.models).series(TENANT, now - 6 * HOUR, now - HOUR)
  expect([series.at(0), series.find(({ from }) => from === now - 5 * HOUR), series.at(-1)].map((step) => step?.backlog)).toEqual([
    { parked: 1, held: 0 },
    { parked: 1, held: 1 },
    { parked: 0, held: 1 },
  ])
})

it('is the work of one process at a time', async () => {
  const takeTurn = createTakeTurn(store.models)
  const taken = await Promise.all(Array.from({ length: 3 }, () => takeTurn('tallies', 60_000)))
  expect(taken.filter(Boolean)).toHaveLength(1)
  expect(await takeTurn('another', 60_000)).toBe(true)
})
