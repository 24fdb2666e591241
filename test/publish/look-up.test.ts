import { createMetrics } from '../../src/metrics'
import { createPublisher } from '../../src/publish/publisher'
import type { Journal } from '../../src/publish/journal'
import { StoreAway } from '../../src/store/errors'

/** A publish of one event, while nobody knows which webhooks want it. */
function publishUnder(add: Journal['add']) {
  const { publish } = createPublisher({
    journal: { add, isWell: () => true, dispatchedBefore: async () => new Set() },
    hasTime: () => new Promise<never>(() => undefined),
    starter: { isIdle: () => false, submit: async () => ({}) },
    events: { standing: async () => undefined },
    dispatchesHere: true,
    metrics: createMetrics(),
    onScheduled: () => undefined,
    faults: () => undefined,
  })
  return publish('bank', [{ id: 'evt-1', typeId: 5, type: 'TRANSACTION SUCCESSFUL', data: '{"id":"txn-1"}', entityId: 'txn-1' }])
}

it('answers a publish however long the look for its webhooks takes', async () => {
  const [result] = await publishUnder(async (events) => events.map((event) => ({ added: true, same: true, event })))
  expect(result).toMatchObject({ kind: 'accepted' })
}, 2_000)

it('hands on a failure of the journal that comes during that look, and leaves none unhandled', async () => {
  const unhandled = jest.fn()
  process.on('unhandledRejection', unhandled)
  await expect(publishUnder(() => Promise.reject(new StoreAway('away')))).rejects.toThrow(StoreAway)
  expect(unhandled).not.toHaveBeenCalled()
  process.off('unhandledRejection', unhandled)
})
