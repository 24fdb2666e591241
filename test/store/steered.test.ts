import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createSteeredStore } from '../../src/store/steered'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'

const tenantId = 'bank'
const webhookId = 'whk_1'
const MANY = 2_000
const LIMIT = 300

let store: StoreConnection
beforeAll(async () => {
  store = await connectTestStore()
})
afterAll(() => store.close())

it('goes over what is under way page by page, also where next to nothing of it waits for its next attempt', async () => {
  const idOf = (i: number): string => `dlv_${String(i).padStart(5, '0')}`
  const waiting = [700, 1_999]
  const all = Array.from({ length: MANY }, (_, i) => {
    const status = i % 2 === 0 ? ('pending' as const) : ('retrying' as const)
    const at = new Date(Date.now() + (waiting.includes(i) ? 3_600_000 : -1))
    const { token: _token, ...delivery } = newDelivery({ id: idOf(i), tenantId, webhookId, status, queue: 'waiting', nextAttemptAt: at })
    return delivery
  })
  await createDeliveryStore(store.models).insert(all)
  const { db } = store.models.events
  await db.db?.command({ profile: 2 })
  const found: string[] = []
  let after: string | undefined = ''
  while (after !== undefined) {
    const page = await createSteeredStore(store.models).waiting(tenantId, webhookId, after, LIMIT)
    found.push(...page.waiting.map(({ id }) => id))
    after = page.last
  }
  await db.db?.command({ profile: 0 })
  expect(found).toEqual(waiting.map(idOf))
  const looks = await db.collection('system.profile').find<{ docsExamined?: number }>({ ns: /deliveries$/ }).toArray()
  expect(looks.length).toBeGreaterThanOrEqual(Math.ceil(MANY / LIMIT))
  for (const { docsExamined = 0 } of looks) expect(docsExamined).toBeLessThanOrEqual(LIMIT + 2)
})
