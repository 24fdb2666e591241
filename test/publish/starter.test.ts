import pino from 'pino'
import { createStarter, type Startable } from '../../src/publish/starter'
import { until } from '../support/until'

/** A starter whose starts end when they are told to. */
function starterOf() {
  const starts: { tenantId: string; events: number; end: () => void }[] = []
  const starter = createStarter({
    eventsPerWorkflow: 100,
    maxInFlight: 2,
    logger: pino({ level: 'silent' }),
    stopping: new AbortController().signal,
    start: (tenantId, events) =>
      new Promise((resolve) => {
        starts.push({ tenantId, events: events.length, end: () => resolve({ workflowId: 'w', dispatched: Promise.resolve() }) })
      }),
  })
  const submit = async (tenantId: string, count: number): Promise<void> => {
    const events = Array.from({ length: count }, (_, i): Startable => ({ tenantId, id: `${tenantId}-${starts.length}-${i}`, typeId: 5, type: 'T' }))
    await Promise.all(events.map((event) => starter.submit(event)))
  }
  const endAll = async (): Promise<void> => {
    for (const { end } of starts.splice(0)) end()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { starter, starts, submit, endAll }
}

const tenants = (starts: { tenantId: string }[]): string[] => starts.map(({ tenantId }) => tenantId)

it('gives one tenant every place while nobody else has events', async () => {
  const { starts, submit } = starterOf()
  await submit('storm', 500)
  expect(starts).toMatchObject([{ tenantId: 'storm', events: 100 }, { tenantId: 'storm', events: 100 }])
})

it("starts another tenant's event at once beside a storm", async () => {
  const { starter, starts, submit } = starterOf()
  await submit('storm', 500)
  expect(starter.isIdle('calm')).toBe(true)
  await submit('calm', 1)
  expect(tenants(starts)).toEqual(['storm', 'storm', 'calm'])
})

it('leaves a place free to a tenant that was served lately', async () => {
  const { starts, submit, endAll } = starterOf()
  await submit('storm', 500)
  await submit('calm', 1)
  await endAll()
  expect(tenants(starts)).toEqual(['storm'])
  await submit('calm', 1)
  await submit('calm', 1)
  expect(tenants(starts)).toEqual(['storm', 'calm', 'calm'])
})

it('lets tenants without a storm take turns in the same places', async () => {
  const { starts, submit, endAll } = starterOf()
  for (const tenantId of ['a', 'b', 'c', 'd']) await submit(tenantId, 10)
  expect(tenants(starts)).toEqual(['a', 'b'])
  await endAll()
  expect(tenants(starts)).toEqual(['c', 'd'])
})

it('starts what has time together, after a moment, and nothing else waits for it', async () => {
  const { starter, starts, submit } = starterOf()
  const patient = Array.from({ length: 12 }, (_, i): Startable => ({ tenantId: 'calm', id: `patient-${i}`, typeId: 5, type: 'T' }))
  const submitted = await Promise.all(patient.map((event) => starter.submit(event, true)))
  expect(submitted).toEqual(patient.map(() => ({})))
  expect(starter.waiting().map(({ id }) => id)).toEqual(patient.map(({ id }) => id))
  await submit('calm', 1)
  expect(starts).toMatchObject([{ tenantId: 'calm', events: 1 }])
  await until(async () => starts.length > 1)
  expect(starts).toMatchObject([{ events: 1 }, { tenantId: 'calm', events: 12 }])
})

it('starts at once what waits for company when the process stops, and waits for it', async () => {
  const { starter, starts, endAll } = starterOf()
  const patient = Array.from({ length: 3 }, (_, i): Startable => ({ tenantId: 'calm', id: `patient-${i}`, typeId: 5, type: 'T' }))
  await Promise.all(patient.map((event) => starter.submit(event, true)))
  const drained = starter.drain()
  const last = starter.submit({ tenantId: 'calm', id: 'last', typeId: 5, type: 'T' }, true)
  await until(() => starts.length > 0, { timeoutMs: 300, everyMs: 5 })
  await last
  expect(starts.reduce((sum, { events }) => sum + events, 0)).toBe(4)
  let isDrained = false
  void drained.then(() => (isDrained = true))
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(isDrained).toBe(false)
  await endAll()
  await drained
  expect(starter.waiting()).toEqual([])
})
