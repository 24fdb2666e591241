import { createForgetting } from '../../src/steering/forgetting'
import { nothingErased, type Erasure } from '../../src/domain/erasure'
import type { NewEvent } from '../../src/store/events'
import { createErasingStore } from '../../src/store/erasing'
import { createErasureStore } from '../../src/store/erasures'
import { connectTestStore } from '../support/mongo'
import { testEvents } from '../support/vaults'

const LEASE = { starter: 'of a test', until: new Date(Date.now() + 60_000) }
const event = (id: string, entityId: string, tenantId = 'bank'): NewEvent => ({
  id, tenantId, typeId: 1, type: 'CREATE ACCOUNT', createdAt: new Date(), data: `{"id":"${entityId}"}`, entityId, hash: 'of it',
})

it('has what another process has erased in memory until the next look, and all the rest for longer', async () => {
  const store = await connectTestStore()
  const [erasures, erasing, events] = [createErasureStore(store.models), createErasingStore(store.models), testEvents(store.models)]
  const forgetting = createForgetting({ erasures, events })
  await events.insert([event('evt-1', 'acc-1'), event('evt-2', 'acc-2'), event('evt-3', 'acc-1', 'other')], LEASE)
  await store.models.hot.events.updateMany({}, { $set: { dispatchedAt: new Date() } })
  const now = new Date()
  const erasure: Erasure = { id: 'ers_1', tenantId: 'bank', entityId: 'acc-1', status: 'running', total: 1, counts: nothingErased(), createdAt: now, createdBy: 'admin', updatedAt: now }
  await erasures.insert(erasure)
  await forgetting.look()
  // Read once more, before it is erased.
  const inMemory = async (): Promise<string[]> => [...(await events.load('bank', ['evt-1', 'evt-2'])), ...(await events.load('other', ['evt-3']))].map(({ id }) => id).toSorted()
  expect(await inMemory()).toEqual(['evt-1', 'evt-2', 'evt-3'])

  expect(await erasing.blank(erasure, ['evt-1'])).toEqual(['evt-1'])
  await erasures.end(erasure, 'finished')
  expect(await inMemory()).toEqual(['evt-1', 'evt-2', 'evt-3'])
  // The others are shown from memory: their records are gone.
  await store.models.hot.events.deleteMany({ eventId: { $ne: 'evt-1' } })
  await forgetting.look()
  expect(await inMemory()).toEqual(['evt-2', 'evt-3'])
  await store.close()
})
