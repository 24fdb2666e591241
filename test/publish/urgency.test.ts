import pino from 'pino'
import { createStarter, type Startable } from '../../src/publish/starter'

const NOW = new Date('2026-01-31T12:00:00Z').getTime()
const event = (id: string, typeId: number, priority?: number): Startable => ({ id, tenantId: 'bank', typeId, type: 'of a test', priority })

beforeEach(() => jest.useFakeTimers({ now: NOW, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }))
afterEach(() => jest.useRealTimers())

/** A starter whose first start ends when it is told to; the others, of one event each, at once. */
async function busyStarter() {
  const started: string[] = []
  let end = (): void => undefined
  const first = new Promise<void>((resolve) => (end = resolve))
  const starter = createStarter({
    eventsPerWorkflow: 1,
    maxInFlight: 1,
    logger: pino({ level: 'silent' }),
    stopping: new AbortController().signal,
    start: async (_tenantId, [{ id } = { id: '' }]) => {
      if (id === 'first') await first
      else started.push(id)
      return { workflowId: id, dispatched: Promise.resolve() }
    },
  })
  await starter.submit(event('first', 5))
  const submit = async (events: Startable[], atMs = 0): Promise<void> => {
    jest.setSystemTime(NOW + atMs)
    for (const one of events) await starter.submit(one)
  }
  const order = async (): Promise<string[]> => {
    end()
    while (starter.waiting().length > 0) await new Promise(setImmediate)
    return started
  }
  return { submit, order }
}

it('starts transactions before what was created, and that before what was updated, each in its order', async () => {
  const { submit, order } = await busyStarter()
  await submit([event('u-1', 2), event('c-1', 1), event('t-1', 5), event('u-2', 4), event('own', 100), event('t-2', 6)])
  expect(await order()).toEqual(['t-1', 't-2', 'c-1', 'own', 'u-1', 'u-2'])
})

it('takes the priority that the publisher gave before that of the type', async () => {
  const { submit, order } = await busyStarter()
  await submit([event('late', 5, 5), event('plain', 5), event('urgent', 4, 1)])
  expect(await order()).toEqual(['urgent', 'plain', 'late'])
})

it('lets nothing starve: two seconds of waiting make up for a step', async () => {
  const { submit, order } = await busyStarter()
  await submit([event('update', 2)])
  await submit([event('soon after', 5)], 3_900)
  await submit([event('too late to overtake', 5)], 4_001)
  expect(await order()).toEqual(['soon after', 'update', 'too late to overtake'])
})
