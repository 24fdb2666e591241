import { randomBytes } from 'node:crypto'
import { connectStore, type StoreConnection } from '../../src/store/connect'
import { type EventStore, type NewEvent } from '../../src/store/events'
import { newDatabase } from '../support/databases'
import { testMongoUri } from '../support/mongo'
import { testEvents } from '../support/vaults'

/** Several processes: each with a connection of its own to the same database. */
const PROCESSES = 4
const database = newDatabase()
let connections: StoreConnection[]
let stores: EventStore[]
beforeAll(async () => {
  connections = await Promise.all(Array.from({ length: PROCESSES }, () => connectStore(testMongoUri(), database)))
  stores = connections.map(({ models }) => testEvents(models))
})
afterAll(() => Promise.all(connections.map((connection) => connection.close())))

const anyStore = (): EventStore => stores[Math.floor(Math.random() * PROCESSES)] as EventStore

const newEvent = (): NewEvent => ({
  id: `evt-${randomBytes(8).toString('hex')}`,
  tenantId: 'default',
  typeId: 2,
  type: 'UPDATE ACCOUNT',
  createdAt: new Date(),
  data: '{"id":"acc-1","accountType":"Savings"}',
  entityId: 'acc-1',
  hash: 'h',
})

/** Answers the events' numbers, as a dispatch of the same process reads them. */
async function publish(store: EventStore, events: NewEvent[]): Promise<number[]> {
  await store.insert(events, { starter: 'a test', until: new Date(Date.now() + 60_000) })
  const loaded = new Map((await store.load('default', events.map(({ id }) => id))).map((event) => [event.id, event]))
  return events.map(({ id }) => loaded.get(id)?.sequence ?? 0)
}

it('gives what is published after another event was answered the higher number, whichever process takes it', async () => {
  let highestAnswered = 0
  const inversions: string[] = []
  async function service(): Promise<void> {
    for (let i = 0; i < 40; i += 1) {
      const before = highestAnswered
      const [number = 0] = await publish(anyStore(), [newEvent()])
      if (number <= before) inversions.push(`${number} after ${before}`)
      highestAnswered = Math.max(highestAnswered, number)
    }
  }
  await Promise.all(Array.from({ length: 12 }, service))
  expect(inversions).toEqual([])
})

it('numbers the events of a write in their order', async () => {
  const numbers = await publish(anyStore(), Array.from({ length: 300 }, newEvent))
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(numbers).size).toBe(300)
})

it('shows every process the same number, also when the event is published again', async () => {
  const event = newEvent()
  const [first] = await publish(anyStore(), [event])
  await publish(anyStore(), [newEvent()])
  for (const store of stores) expect(await publish(store, [{ ...event }])).toEqual([first])
})

it('gives numbers that JSON holds, and that go on from the clock where a restored database left them', async () => {
  const [number = 0] = await publish(anyStore(), [newEvent()])
  expect(Number.isSafeInteger(number * 4)).toBe(true)
  expect(Math.abs(number / 2 ** 20 - Date.now() / 1_000)).toBeLessThan(60)
})

it('reads the numbers of events that waited long in one command', async () => {
  const [store, connection] = [stores[0] as EventStore, connections[0] as StoreConnection]
  const lease = { starter: 'a test', until: new Date(Date.now() + 60_000) }
  const waiting = Array.from({ length: 5_500 }, newEvent)
  // More than a process remembers the writes of.
  for (let i = 0; i < waiting.length; i += 500) await store.insert(waiting.slice(i, i + 500), lease)
  const { events } = connection.models.hot
  const commands = connection.models.events.db
  await commands.db?.command({ profile: 2 })
  const loaded = await store.load('default', waiting.slice(0, 100).map(({ id }) => id))
  await commands.db?.command({ profile: 0 })
  expect(loaded.map(({ sequence }) => sequence)).not.toContain(undefined)
  expect(await commands.db?.collection('system.profile').countDocuments({ ns: events.namespace, op: 'query' })).toBe(1)
})
