import type { Delivery } from '../../src/domain/delivery'
import type { Outcome } from '../../src/domain/outcome'
import { attemptRecord } from '../../src/store/attempts'
import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createOutcomeStore } from '../../src/store/outcomes'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'
import { testVaults } from '../support/vaults'

const TENANT = 'bank'

describe('an outcome of which only the attempt was written', () => {
  let store: StoreConnection

  beforeAll(async () => {
    store = await connectTestStore()
  })
  afterAll(() => store.close())

  /** A delivery as a process leaves it that is killed between the two writes of an outcome. */
  async function leave(id: string, outcome?: Outcome): Promise<Delivery> {
    const delivery = newDelivery({ id, tenantId: TENANT })
    await createDeliveryStore(store.models).insert([delivery])
    const exchange = { startedAt: new Date(), durationMs: 5, request: { url: 'http://127.0.0.1/', headers: {} } }
    if (outcome) await store.models.hot.attempts.insertOne(attemptRecord(TENANT, id, 1, { ...exchange, outcome }))
    return delivery
  }

  const finish = (delivery: Delivery): Promise<boolean> => createOutcomeStore(store.models, testVaults(store.models)).finish(TENANT, [delivery])
  const standing = async (id: string): Promise<Delivery | undefined> =>
    (await createDeliveryStore(store.models).load(TENANT, [id]))[0]

  it('delivers the delivery when that attempt had been answered well', async () => {
    expect(await finish(await leave('dlv_1', { kind: 'delivered', status: 200 }))).toBe(true)
    expect(await standing('dlv_1')).toMatchObject({ status: 'delivered', lastOutcome: { kind: 'delivered', attempt: 1 } })
  })

  it('leaves a failed one to its next attempt, with the failure as its last outcome', async () => {
    await finish(await leave('dlv_2', { kind: 'failed', reason: 'status', status: 500, detail: 'Answered 500' }))
    expect(await standing('dlv_2')).toMatchObject({ status: 'retrying', posts: 1, lastOutcome: { status: 500 } })
  })

  it('changes nothing where no attempt is on record: that one is unknown', async () => {
    const left = await leave('dlv_3')
    expect(await finish(left)).toBe(false)
    expect(await standing('dlv_3')).toEqual(left)
  })
})
