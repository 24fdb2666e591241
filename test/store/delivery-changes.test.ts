import { connectStore, type StoreConnection } from '../../src/store/connect'
import { createDeliveryChanges, type ChangeListener, type DeliveryChanges } from '../../src/store/delivery-changes'
import { newDatabase } from '../support/databases'
import { startMongoProxy, type MongoProxy } from '../support/mongo-proxy'
import { testMongoUri } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'
import { until } from '../support/until'

let proxy: MongoProxy
let store: StoreConnection
let direct: StoreConnection
let changes: DeliveryChanges
let away = 0

beforeEach(async () => {
  away = 0
  const database = newDatabase()
  proxy = await startMongoProxy(testMongoUri())
  direct = await connectStore(testMongoUri(), database)
  store = await connectStore(proxy.uri, database)
  changes = createDeliveryChanges(store.models, () => (away += 1))
})
afterEach(async () => {
  proxy.open()
  await changes.close()
  await Promise.all([store.close(), direct.close()])
  await proxy.close()
})

interface Heard extends ChangeListener {
  ids: string[]
  missed: number
  ended: number
}
function listener(): Heard {
  const heard: Heard = {
    ids: [],
    missed: 0,
    ended: 0,
    onChanged: (ids) => void heard.ids.push(...ids),
    onMissed: () => void (heard.missed += 1),
    onEnd: () => void (heard.ended += 1),
  }
  return heard
}
async function insert(id: string, tenantId: string): Promise<void> {
  const { id: _id, ...rest } = newDelivery({ id, tenantId })
  await direct.models.hot.deliveries.insertOne({ _id, ...rest })
}
const touch = (_id: string) => direct.models.hot.deliveries.updateOne({ _id }, { $set: { updatedAt: new Date() } })

it('tells each tenant of its own, also of an update of what was made before anybody listened', async () => {
  await insert('dlv_old', 'bank-a')
  const [a, b] = [listener(), listener()]
  await Promise.all([changes.listen('bank-a', a), changes.listen('bank-b', b)])
  await touch('dlv_old')
  await insert('dlv_new', 'bank-b')
  await until(() => a.ids.length > 0 && b.ids.length > 0)
  expect([a.ids, b.ids]).toEqual([['dlv_old'], ['dlv_new']])
})

it('says that something may have been missed when MongoDB was away, and goes on', async () => {
  const heard = listener()
  await changes.listen('bank-a', heard)
  proxy.cut()
  await until(() => away > 0)
  await insert('dlv_meanwhile', 'bank-a')
  proxy.open()
  await until(() => heard.missed > 0)
  await insert('dlv_after', 'bank-a')
  await until(() => heard.ids.includes('dlv_after'))
}, 60_000)

it('is open while somebody listens, and opens again', async () => {
  const first = listener()
  const stop = await changes.listen('bank-a', first)
  stop()
  await insert('dlv_1', 'bank-a')
  const second = listener()
  await changes.listen('bank-a', second)
  await insert('dlv_2', 'bank-a')
  await until(() => second.ids.includes('dlv_2'))
  expect(first.ids).toEqual([])
})

it('ends for all when the process stops, and at once for who comes later', async () => {
  const heard = listener()
  await changes.listen('bank-a', heard)
  await changes.close()
  const late = listener()
  await changes.listen('bank-a', late)
  expect([heard.ended, late.ended]).toEqual([1, 1])
})
