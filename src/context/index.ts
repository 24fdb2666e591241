import type { Application } from 'express'
import { createActivities } from '../../activities'
import type { Activities } from '../../activities/types'
import { createApp, createHealthApp } from '../api/app'
import { generateSecret } from '../delivery/sign'
import { createPortal, type Portal } from '../portal'
import { createPortalFiles } from '../portal/static'
import { createApiKeyStore } from '../store/api-keys'
import { createAttemptStore } from '../store/attempts'
import { createAuditStore } from '../store/audit'
import { createDeliveryChanges, type DeliveryChanges } from '../store/delivery-changes'
import { createDeliveryQueries } from '../store/delivery-queries'
import { createEventQueries } from '../store/event-queries'
import { createExportQueries } from '../store/export'
import { createReseal } from '../store/reseal'
import { createStatisticsQueries } from '../store/statistics'
import { ensureDefaultTenant } from '../store/tenants'
import { createTurnsTaken } from '../store/turns-taken'
import { createGround, type ContextOptions, type Ground } from './ground'
import { createKeeping, type Keeping } from './keeping'
import { createPublishing, type Publishing } from './publishing'
import { createSending, type Sending } from './sending'
import { createSteeringRoom, type Steering } from './steering'
import { createStores, type Stores } from './stores'

export type { ContextOptions, Role } from './ground'

/** What one process of Herald is made of. Nothing runs yet. */
export interface Context
  extends Pick<Ground, 'config' | 'logger' | 'store' | 'temporal' | 'stopping'>,
    Pick<Stores, 'recorder'>,
    Pick<Sending, 'fleet'>,
    Pick<Publishing, 'publisher' | 'sweeper' | 'alarm' | 'marks' | 'ahead'>,
    Pick<Steering, 'reconciler' | 'notices' | 'postman'>,
    Keeping {
  app: Application
  activities: Activities
  portal: Portal
  deliveryChanges: Pick<DeliveryChanges, 'close'>
  /** Keeps what is in memory as fresh as MongoDB, until the process stops. */
  follow: () => Promise<void>
}

/** The rooms of a process, each handed what it needs of those before it. */
interface Rooms {
  ground: Ground
  stores: Stores
  sending: Sending
  publishing: Publishing
  steering: Steering
  keeping: Keeping
}

/** The only place that builds; everybody else is handed what they need. */
export async function createContext(options: ContextOptions): Promise<Context> {
  const ground = await createGround(options)
  const stores = createStores(ground)
  const sending = createSending(ground, stores)
  const publishing = createPublishing(ground, stores, sending)
  const steering = createSteeringRoom(ground, stores, publishing)
  const keeping = createKeeping(ground, stores)
  const rooms = { ground, stores, sending, publishing, steering, keeping }

  const { config, logger, models, sealer, store, temporal, stopping } = ground
  const portal = createPortal({ models, sealer, times: config.portal.sessions, singleSignOn: config.portal.singleSignOn, logger })
  const deliveryChanges = createDeliveryChanges(models, (error) => logger.warn({ err: error }, 'changes of deliveries are not followed: live lists are read again once they are'))
  await ensureDefaultTenant(stores.tenants)
  const { publisher, sweeper, alarm, marks, ahead } = publishing
  const { reconciler, notices, postman } = steering
  return {
    config,
    logger,
    store,
    temporal,
    stopping,
    recorder: stores.recorder,
    fleet: sending.fleet,
    publisher,
    sweeper,
    alarm,
    marks,
    ahead,
    reconciler,
    notices,
    postman,
    ...keeping,
    activities: activitiesOf(rooms),
    app: appOf(rooms, options.role, portal, deliveryChanges),
    portal,
    deliveryChanges,
    follow: () =>
      stores.webhooks.follow(stopping.signal, {
        onAway: (error) => logger.warn({ err: error }, 'changes of webhooks are not followed: they are read every second meanwhile'),
        onRetryAfter: sending.retryAfters.changed,
      }),
  }
}

function activitiesOf({ ground, stores, sending, publishing, steering }: Rooms): Activities {
  const { config, models, messages, metrics, faults, logger, stopping } = ground
  return createActivities({
    ...stores,
    ...sending,
    ...publishing,
    ...steering,
    replays: { ...steering.replays, ...stores.replayRecords },
    turnsTaken: createTurnsTaken(models),
    isRunning: messages.isRunning,
    suspension: config.suspension,
    logger,
    metrics,
    stopping: stopping.signal,
    onFanOut: publishing.starter.observeFanOut,
    onDispatched: publishing.dispatches.end,
    faults,
  })
}

function appOf({ ground, stores, sending, publishing, steering, keeping }: Rooms, role: ContextOptions['role'], portal: Portal, deliveryChanges: DeliveryChanges): Application {
  const { config, models, sealer, store, temporal, metrics, logger } = ground
  return (role === 'worker' ? createHealthApp : createApp)({
    ...stores,
    ...steering,
    publisher: publishing.publisher,
    keep: keeping.retention.keep,
    reseal: createReseal(models, sealer),
    audit: createAuditStore(models, sealer),
    apiKeys: createApiKeyStore(models),
    portal,
    portalSettings: config.portal,
    trustProxies: config.portal.trustProxies,
    deliveryQueries: createDeliveryQueries(models),
    eventQueries: createEventQueries(models),
    statistics: createStatisticsQueries(models),
    exports: createExportQueries(models),
    deliveryChanges,
    attempts: createAttemptStore(models),
    checkUrl: sending.checkUrl,
    post: sending.post,
    newSecret: generateSecret,
    adminKeyHash: config.adminKeyHash,
    logger,
    metrics: metrics.registry,
    readiness: () => readiness({ store, temporal }),
    temporalUiUrl: config.temporal.uiUrl,
    temporalNamespace: config.temporal.namespace,
    version: config.version,
    settings: config.settings,
    ...(config.portalDir !== undefined && { portalFiles: createPortalFiles(config.portalDir, config.portal) }),
  })
}

async function readiness({ store, temporal: { client } }: Pick<Ground, 'store' | 'temporal'>): Promise<{ mongodb: boolean; temporal: boolean }> {
  const answers = async (call: Promise<unknown>): Promise<boolean> => call.then(() => true, () => false)
  const [mongodb, temporal] = await Promise.all([
    answers(store.ping()),
    answers(client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}))),
  ])
  return { mongodb, temporal }
}
