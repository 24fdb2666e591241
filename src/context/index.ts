import type { Application } from 'express'
import { createActivities } from '../../activities'
import type { Activities } from '../../activities/types'
import { createApp, createHealthApp, createPublicApp, type ApiDeps } from '../api/app'
import { createLimits } from '../api/limits'
import { generateSecret, generateSigningKey } from '../delivery/sign'
import { createPortal, type Portal } from '../portal'
import { createPortalFiles } from '../portal/static'
import { createApiKeyStore } from '../store/api-keys'
import { createApprovalStore } from '../store/approvals'
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
  extends Pick<Ground, 'config' | 'logger' | 'store' | 'temporal' | 'stopping' | 'sealing'>,
    Pick<Stores, 'recorder'>,
    Pick<Sending, 'fleet'>,
    Pick<Publishing, 'publisher' | 'starter' | 'sweeper' | 'alarm' | 'marks' | 'ahead'>,
    Pick<Steering, 'reconciler' | 'notices' | 'postman' | 'forgetting'>,
    Keeping {
  /** For everybody; for operators too, where they have no port of their own. */
  app?: Application
  /** For operators, where they have a port of their own. */
  ops?: Application
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
  const { publisher, starter, sweeper, alarm, marks, ahead } = publishing
  const { reconciler, notices, postman, forgetting } = steering
  return {
    config,
    logger,
    store,
    temporal,
    stopping,
    sealing: ground.sealing,
    recorder: stores.recorder,
    fleet: sending.fleet,
    publisher,
    starter,
    sweeper,
    alarm,
    marks,
    ahead,
    reconciler,
    notices,
    postman,
    forgetting,
    ...keeping,
    activities: activitiesOf(rooms),
    ...appsOf(apiOf(rooms, portal, deliveryChanges), options.role, config.http.opsPort !== undefined),
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

function appsOf(deps: ApiDeps, role: ContextOptions['role'], opsApart: boolean): Pick<Context, 'app' | 'ops'> {
  const whole = role === 'worker' ? createHealthApp(deps) : createApp(deps)
  if (!opsApart) return { app: whole }
  return role === 'worker' ? { ops: whole } : { app: createPublicApp(deps), ops: whole }
}

function apiOf({ ground, stores, sending, publishing, steering, keeping }: Rooms, portal: Portal, deliveryChanges: DeliveryChanges): ApiDeps {
  const { config, models, sealer, store, temporal, metrics, faults, logger } = ground
  return {
    ...stores,
    ...steering,
    publisher: publishing.publisher,
    keep: keeping.retention.keep,
    reseal: createReseal(models, sealer, ground.vaults),
    audit: createAuditStore(models, sealer),
    approvals: createApprovalStore(models, sealer),
    faults,
    apiKeys: createApiKeyStore(models),
    portal,
    portalSettings: config.portal,
    trustProxies: config.portal.trustProxies,
    deliveryQueries: createDeliveryQueries(models),
    eventQueries: createEventQueries(models, ground.vaults),
    statistics: createStatisticsQueries(models),
    exports: createExportQueries(models),
    deliveryChanges,
    attempts: createAttemptStore(models, ground.vaults),
    checkUrl: sending.checkUrl,
    post: sending.post,
    newSecret: generateSecret,
    newSigningKey: generateSigningKey,
    adminKeyHash: config.adminKeyHash,
    limits: createLimits(config.limits ?? {}),
    logger,
    metrics: metrics.registry,
    readiness: () => readiness({ store, temporal }),
    temporalUiUrl: config.temporal.uiUrl,
    payloadKey: config.temporal.payloadKey,
    temporalNamespace: config.temporal.namespace,
    settings: config.settings,
    ...(config.portalDir !== undefined && { portalFiles: createPortalFiles(config.portalDir, config.portal) }),
  }
}

async function readiness({ store, temporal: { client } }: Pick<Ground, 'store' | 'temporal'>): Promise<{ mongodb: boolean; temporal: boolean }> {
  const answers = async (call: Promise<unknown>): Promise<boolean> => call.then(() => true, () => false)
  const [mongodb, temporal] = await Promise.all([
    answers(store.ping()),
    answers(client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}))),
  ])
  return { mongodb, temporal }
}
