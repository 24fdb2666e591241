import type { Logger } from 'pino'
import type { Messenger } from '../src/steering/messenger'
import type { QueueRuns } from '../src/steering/queue-runs'
import type { Releasing } from '../src/steering/releasing'
import type { Steering } from '../src/steering/steering'
import type { HealthStore } from '../src/store/health'
import type { SuspensionTimes } from '../src/domain/health'
import type { PostEvent } from '../src/delivery/post'
import type { FaultPoints } from '../src/faults'
import type { Metrics } from '../src/metrics'
import type { EventCatalog } from '../src/publish/event-catalog'
import type { DeliveryStore } from '../src/store/deliveries'
import type { Notices } from '../src/notices/notices'
import type { Journal } from '../src/publish/journal'
import type { Marks } from '../src/publish/marks'
import type { ErasingStore } from '../src/store/erasing'
import type { ErasureStore } from '../src/store/erasures'
import type { EventStore } from '../src/store/events'
import type { LegalHoldStore } from '../src/store/legal-holds'
import type { LineStore } from '../src/store/lines'
import type { QueueStore } from '../src/store/queue'
import type { Recorder } from '../src/store/recorder'
import type { Replays } from '../src/steering/replays'
import type { ReleaseStore } from '../src/store/releases'
import type { ReplayStore } from '../src/store/replays'
import type { ScheduleStore } from '../src/store/schedule'
import type { TenantStore } from '../src/store/tenants'
import type { TurnsTaken } from '../src/store/turns-taken'
import type { WebhookStore } from '../src/store/webhooks'
import type { Ahead } from './ahead'
import type { Health } from './health'
import type { Lanes } from './lanes'
import type { RetryAfters } from './retry-after'

/** What the activities are made of. */
export interface ActivityDeps {
  events: EventStore
  schedule: Pick<ScheduleStore, 'withoutWaiting'>
  journal: Pick<Journal, 'dispatchedBefore'>
  marks: Pick<Marks, 'dispatched'>
  catalog: EventCatalog
  webhooks: WebhookStore
  deliveries: DeliveryStore
  queue: QueueStore
  lines: LineStore
  releases: ReleaseStore
  erasures: Pick<ErasureStore, 'get' | 'advance' | 'end'>
  erasing: ErasingStore
  legalHolds: Pick<LegalHoldStore, 'get'>
  replays: Pick<Replays, 'next'> & Pick<ReplayStore, 'deliveriesOf'>
  messenger: Pick<Messenger, 'tell'>
  tenants: Pick<TenantStore, 'get'>
  notices: Pick<Notices, 'isHeard' | 'tell' | 'tellChanges'>
  recorder: Recorder
  post: PostEvent
  lanes: Lanes
  retryAfters: RetryAfters
  turnsTaken: TurnsTaken
  observe: Health['observe']
  health: Pick<HealthStore, 'find' | 'probe' | 'clear'>
  suspension: SuspensionTimes
  releasing: Pick<Releasing, 'resumeHeld'>
  steering: Pick<Steering, 'retry' | 'cancel'>
  ahead: Pick<Ahead, 'take'>
  /** Whether Temporal has a run of the workflow that is under way. */
  isRunning: (workflowId: string) => Promise<boolean>
  /** Sees to it that a workflow works off the webhook's queue. */
  wakeQueue: (tenantId: string, webhookId: string) => void
  queueRuns: Pick<QueueRuns, 'begin' | 'count'>
  logger: Logger
  metrics: Metrics
  /** Aborted when the process stops: no new POST is begun. */
  stopping: AbortSignal
  /** Called with how many webhooks an event of the tenant goes to. */
  onFanOut: (tenantId: string, webhooks: number) => void
  /** Called when a workflow's first attempts are made. */
  onDispatched: (workflowId: string) => void
  faults: FaultPoints
}
