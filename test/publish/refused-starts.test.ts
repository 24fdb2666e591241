import pino from 'pino'
import { createStarter, type Startable, type Starter } from '../../src/publish/starter'
import { createWorkflowStarts } from '../../src/temporal/start'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

/** Temporal takes no workflow id of more than 1,000 characters; the edge lets no such event through. */
const REFUSED = 'x'.repeat(1_100)

/** A starter of the real Temporal with one place, and what it logs. */
function startStarter(): { starter: Starter; logged: string[] } {
  const { client } = scene.herald.herald.context.temporal
  const starts = createWorkflowStarts({ client, taskQueue: scene.herald.config.temporal.taskQueue, eager: false })
  const logged: string[] = []
  const starter = createStarter({
    eventsPerWorkflow: 100,
    maxInFlight: 1,
    logger: pino({}, { write: (line: string) => void logged.push(line) }),
    stopping: new AbortController().signal,
    start: async (tenantId, events) => ({ ...(await starts.deliver(tenantId, events)), dispatched: Promise.resolve() }),
  })
  return { starter, logged }
}

const event = (id: string): Startable => ({ id, tenantId: scene.tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL' })

it('frees the place of a start that Temporal refuses for good, and says so with the ids', async () => {
  const { starter, logged } = startStarter()

  const refused = await starter.submit(event(REFUSED))
  const next = await starter.submit(event('next'))

  expect(await refused.start).toBeUndefined()
  await until(() => starter.waiting().length === 0)
  const later = next.start ?? (await starter.submit(event('last'))).start
  expect(await later).toMatch(`event/${scene.tenantId}/`)
  const [line] = logged.map((text) => JSON.parse(text) as { level: number; tenantId: string; eventIds: string[] })
  expect(line).toMatchObject({ level: 50, tenantId: scene.tenantId, eventIds: [REFUSED] })
})

it('starts the others of a refused group one by one', async () => {
  const { starter } = startStarter()

  const submitted = await Promise.all([REFUSED, 'a', 'b'].map((id) => starter.submit(event(id))))

  expect(await Promise.all(submitted.map(async ({ start }) => start))).toEqual([
    undefined,
    `event/${scene.tenantId}/a`,
    `event/${scene.tenantId}/b`,
  ])
})
