import { connectStore } from '../../src/store/connect'
import { newDatabase } from '../support/databases'
import { testMongoUri } from '../support/mongo'

it('drops, at the start of several processes at once, what an earlier version left, and nothing that it does not know', async () => {
  const database = newDatabase()
  const before = await connectStore(testMongoUri(), database)
  const { deliveries } = before.models.hot
  await deliveries.dropIndex('of_release')
  const ofReleases = { partialFilterExpression: { releaseId: { $exists: true } } }
  await deliveries.createIndex({ releaseId: 1, status: 1, _id: 1 }, { name: 'released', ...ofReleases })
  // The name of a present one, with other keys.
  await deliveries.createIndex({ releaseId: 1, status: 1, webhookId: 1 }, { name: 'of_release', ...ofReleases })
  await deliveries.createIndex({ ours: 1 }, { name: 'made_by_an_operator' })

  const stores = await Promise.all([1, 2, 3].map(() => connectStore(testMongoUri(), database)))

  const indexes = await deliveries.indexes()
  expect(indexes.map(({ name }) => name)).not.toContain('released')
  expect(indexes.find(({ name }) => name === 'of_release')?.key).toEqual({ releaseId: 1, status: 1, queue: 1, webhookId: 1 })
  expect(indexes.map(({ name }) => name)).toContain('made_by_an_operator')
  await Promise.all([before, ...stores].map((store) => store.close()))
})
