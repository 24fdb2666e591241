import { createEventCatalog } from '../publish/event-catalog'
import { createDeliveryStore } from '../store/deliveries'
import { createDigestStore } from '../store/digests'
import { createErasingStore } from '../store/erasing'
import { createErasureStore } from '../store/erasures'
import { createEventTypeStore } from '../store/event-types'
import { createEventStore } from '../store/events'
import { createHealthStore } from '../store/health'
import { createLegalHoldStore } from '../store/legal-holds'
import { createLineStore } from '../store/lines'
import { createOutcomeStore } from '../store/outcomes'
import { createQueueStore } from '../store/queue'
import { createRecorder } from '../store/recorder'
import { createReleaseStore } from '../store/releases'
import { createReplayStore } from '../store/replays'
import { createScheduleStore } from '../store/schedule'
import { createSteeredStore } from '../store/steered'
import { createTenantStore } from '../store/tenants'
import { createWebhookStore } from '../store/webhooks'
import type { Ground } from './ground'

/** What more than one room reads and writes. */
export type Stores = ReturnType<typeof createStores>

export function createStores({ models, sealer, vaults, logger }: Ground) {
  const deliveries = createDeliveryStore(models)
  const eventTypes = createEventTypeStore(models)
  return {
    events: createEventStore(models, vaults, logger),
    schedule: createScheduleStore(models),
    deliveries,
    queue: createQueueStore(models),
    lines: createLineStore(models),
    releases: createReleaseStore(models),
    erasures: createErasureStore(models),
    erasing: createErasingStore(models),
    replayRecords: createReplayStore(models, vaults),
    steered: createSteeredStore(models),
    health: createHealthStore(models),
    tenants: createTenantStore(models),
    eventTypes,
    catalog: createEventCatalog(eventTypes),
    webhooks: createWebhookStore(models, sealer, logger),
    legalHolds: createLegalHoldStore(models),
    digests: createDigestStore(models),
    recorder: createRecorder({ outcomes: createOutcomeStore(models, vaults), deliveries, logger }),
  }
}
