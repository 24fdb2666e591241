import { hostname } from 'node:os'
import { rootCertificates } from 'node:tls'
import type { Application } from 'express'
import type { Logger } from 'pino'
import { createActivities } from '../activities'
import { createAhead, type Ahead } from '../activities/ahead'
import { createWriteIntents } from '../activities/intents'
import { createWanted } from '../activities/wanted'
import { createHealth } from '../activities/health'
import { createLanes } from '../activities/lanes'
import { createRetryAfters } from '../activities/retry-after'
import { createApp, createHealthApp } from './api/app'
import type { Config } from './config'
import { createDispatcher } from './delivery/connector'
import { createPostEvent } from './delivery/post'
import { createSealer, type Sealer } from './delivery/seal'
import { generateSecret } from './delivery/sign'
import { checkUrl, createTargetRules } from './delivery/address'
import type { HeraldEvent } from './domain/event'
import { WEBHOOK_CAP } from './domain/lanes'
import { isGone } from './domain/process-id'
import type { OpenWebhook } from './domain/webhook'
import { SettingsError } from './env'
import { createFaults } from './faults'
import { createMetrics } from './metrics'
import { createNotices, type Notices } from './notices/notices'
import { createPostman, type Postman } from './notices/postman'
import { createSendMail } from './notices/smtp'
import { createPortal, type Portal } from './portal'
import { createPortalFiles } from './portal/static'
import { createEventCatalog } from './publish/event-catalog'
import { createAlarm, type Alarm } from './publish/alarm'
import { createDispatches } from './publish/dispatches'
import { createJournal } from './publish/journal'
import { createMarks, type Marks } from './publish/marks'
import { createPublisher, type Publisher } from './publish/publisher'
import { createStartGroup } from './publish/start-group'
import { createStarter } from './publish/starter'
import { createSweeper, type Sweeper } from './publish/sweeper'
import { createReleasing } from './steering/releasing'
import { createReplays } from './steering/replays'
import { createQueueWaker } from './steering/queue-waker'
import { createMessenger } from './steering/messenger'
import { createFleet, type Fleet } from './steering/fleet'
import { createReconciler, type Reconciler } from './steering/reconciler'
import { createRetention, type Retention } from './steering/retention'
import { createRetime } from './steering/retiming'
import { createSteering } from './steering/steering'
import { createTallying, type Tallying } from './steering/tallying'
import { createApiKeyStore } from './store/api-keys'
import { createAuditStore } from './store/audit'
import { createAttemptStore } from './store/attempts'
import { createBacklogStore } from './store/backlogs'
import { connectStore, type StoreConnection } from './store/connect'
import { createDeliveryStore } from './store/deliveries'
import { createDeliveryChanges, type DeliveryChanges } from './store/delivery-changes'
import { createDeliveryQueries } from './store/delivery-queries'
import { createDigestStore } from './store/digests'
import { createEventQueries } from './store/event-queries'
import { createEventTypeStore } from './store/event-types'
import { createEventStore } from './store/events'
import { createExportQueries } from './store/export'
import { createLegalHoldStore } from './store/legal-holds'
import { createLineStore } from './store/lines'
import { createQueueStore } from './store/queue'
import { createMemberStore } from './store/members'
import { createOutcomeStore } from './store/outcomes'
import { createOverdueStore } from './store/overdue'
import { createRecorder, type Recorder } from './store/recorder'
import { createHealthStore } from './store/health'
import { createReleaseStore } from './store/releases'
import { createReplayStore } from './store/replays'
import { createRetentionLooks } from './store/retention-looks'
import { createRetentionMarks } from './store/retention-marks'
import { createScheduleStore } from './store/schedule'
import { wrongKey } from './store/sentinel'
import { createStatisticsQueries } from './store/statistics'
import { createReseal } from './store/reseal'
import { createSteeredStore } from './store/steered'
import { createTallyStore } from './store/tallies'
import { createTallySources } from './store/tally-sources'
import { createTakeTurn } from './store/turns'
import { createTurnsTaken } from './store/turns-taken'
import { createTenantStore, ensureDefaultTenant } from './store/tenants'
import { createWebhookStore } from './store/webhooks'
import { connectTemporal, type TemporalConnection } from './temporal/connect'
import { createWorkflowMessages } from './temporal/messages'
import { createWorkflowStarts } from './temporal/start'
import type { Activities } from '../activities/types'

/** What one process of Herald is made of. Nothing runs yet. */
export interface Context {
  config: Config
  logger: Logger
  store: StoreConnection
  temporal: TemporalConnection
  app: Application
  activities: Activities
  publisher: Publisher
  sweeper: Sweeper
  alarm: Alarm
  reconciler: Reconciler
  retention: Retention
  tallying: Tallying
  notices: Notices
  /** None where no mail is sent. */
  postman: Postman | undefined
  recorder: Recorder
  marks: Marks
  portal: Portal
  deliveryChanges: Pick<DeliveryChanges, 'close'>
  ahead: Pick<Ahead, 'close'>
  fleet: Fleet
  /** Keeps what is in memory as fresh as MongoDB, until the process stops. */
  follow: () => Promise<void>
  /** Aborted when the process stops. */
  stopping: AbortController
}

export interface ContextOptions {
  config: Config
  logger: Logger
  role: Role
}

/** `all` is one process that does everything; the others are for scaling apart. */
export type Role = 'all' | 'api' | 'worker'

/** The only place that builds; everybody else is handed what they need. */
export async function createContext({ config, logger, role }: ContextOptions): Promise<Context> {
  const store = await connectStore(config.mongodb.uri, config.mongodb.database)
  const sealer = createSealer(config.encryptionKey, config.otherEncryptionKeys)
  await refuseWrongKey(store, sealer)
  const temporal = await connectTemporal(config.temporal)
  const { models } = store
  const { client } = temporal
  const { taskQueue, namespace } = config.temporal
  const metrics = createMetrics()
  const faults = createFaults(config.fault)
  const stopping = new AbortController()

  const events = createEventStore(models)
  const schedule = createScheduleStore(models)
  const deliveries = createDeliveryStore(models)
  const queue = createQueueStore(models)
  const lines = createLineStore(models)
  const releases = createReleaseStore(models)
  const health = createHealthStore(models)
  const tenants = createTenantStore(models)
  const eventTypes = createEventTypeStore(models)
  const catalog = createEventCatalog(eventTypes)
  const webhooks = createWebhookStore(models, sealer, logger)
  const recorder = createRecorder({ outcomes: createOutcomeStore(models), deliveries, logger })

  const starts = createWorkflowStarts({ client, taskQueue, eager: role !== 'api' })
  const messages = createWorkflowMessages(client, taskQueue)
  const dispatchesHere = role !== 'api'
  const dispatches = createDispatches()
  const journal = createJournal({ events, starterId: config.processId, storeAwayEverSince: store.awayEverSince })
  const marks = createMarks(events, logger)

  const fleet = createFleet({ members: createMemberStore(models), processId: config.processId, logger })
  const lanes = createLanes(() => fleet.share(WEBHOOK_CAP))
  const retryAfters = createRetryAfters({ webhooks, logger })
  const ahead = createAhead(createWriteIntents({ journal, events, schedule, webhooks, deliveries, recorder, lanes, retryAfters, isRunning: messages.isRunning, logger }), { recorder })
  const starter = createStarter({
    eventsPerWorkflow: config.eventsPerWorkflow,
    maxInFlight: 2,
    logger,
    stopping: stopping.signal,
    start: createStartGroup({ starts, ahead, dispatches, dispatchesHere, events, metrics, faults, logger }),
  })
  const alarm: Alarm = createAlarm({ ring: () => sweeper.sweep(), logger })
  const publisher = createPublisher({ events, journal, starter, dispatchesHere, metrics, onScheduled: alarm.by, faults })
  const self = { host: hostname(), pid: process.pid, id: config.processId }
  const isStarterGone = (starter: string): boolean => isGone(starter, self, isAlive)
  const sweeper = createSweeper({ events, schedule, alarm, starter, starts, messages, starterId: config.processId, isStarterGone, logger })
  const messenger = createMessenger({ deliveries, messages, starts, metrics })
  const { mail } = config
  const digests = createDigestStore(models)
  const notices = createNotices({ publisher, webhooks, digests: mail && digests, logger })
  const postman = mail && createPostman({ ...mail, digests, tenants, webhooks, send: createSendMail(mail), metrics, logger })
  const steered = createSteeredStore(models)
  const retime = createRetime({ steered, webhooks, deliveries, messenger, starts })
  const replayStore = createReplayStore(models)
  const wants = (webhook: OpenWebhook): ((event: HeraldEvent) => boolean) => {
    const wanted = createWanted([webhook], logger)
    return (event) => wanted(event).length > 0
  }
  const replays = createReplays({ replays: replayStore, webhooks, tenants, wants })
  const releasing = createReleasing({ releases, replays, starts, logger })
  const steering = createSteering({ deliveries, steered, retime, webhooks, starts, messenger, releasing, notices, health, logger })
  const reconciler = createReconciler({
    overdue: createOverdueStore(models),
    queue,
    webhooks,
    deliveries,
    messages,
    messenger,
    releases,
    releasing,
    health,
    starts,
    retime,
    logger,
    patienceMs: config.reconcile.patienceMs,
  })
  const legalHolds = createLegalHoldStore(models)
  const retention = createRetention({
    tenants,
    legalHolds,
    looks: createRetentionLooks(models),
    marks: createRetentionMarks(models),
    metrics,
    logger,
    stopping: stopping.signal,
    times: config.retention,
  })

  const takeTurn = createTakeTurn(models)
  const tallying = createTallying({
    tallies: createTallyStore(models),
    sources: createTallySources(models),
    backlogs: createBacklogStore(models),
    takeTurn: (forMs) => takeTurn('tallies', forMs),
    times: config.tallying,
    stopping: stopping.signal,
  })

  const { allowTargets, deniedPorts, requireHttps = false, webhookCa } = config
  const urlRules = { allowTargets, deniedPorts, requireHttps }
  const trusted = webhookCa === undefined ? {} : { ca: [...rootCertificates, webhookCa] }
  const post = createPostEvent({ dispatcher: createDispatcher({ ...urlRules, ...trusted }), userAgent: `Herald/${config.version}` })
  const wakeQueue = createQueueWaker(starts, logger)
  const { observe } = createHealth({ health, webhooks, deliveries, notices, wakeQueue, times: config.suspension, logger })
  const activities = createActivities({
    events,
    schedule,
    journal,
    marks,
    catalog,
    webhooks,
    deliveries,
    queue,
    lines,
    releases,
    replays: { ...replays, ...replayStore },
    messenger,
    tenants,
    notices,
    recorder,
    post,
    lanes,
    retryAfters,
    turnsTaken: createTurnsTaken(models),
    ahead,
    isRunning: messages.isRunning,
    wakeQueue,
    observe,
    health,
    steering,
    releasing,
    suspension: config.suspension,
    logger,
    metrics,
    stopping: stopping.signal,
    onFanOut: starter.observeFanOut,
    onDispatched: dispatches.end,
    faults,
  })

  const portal = createPortal({ models, sealer, times: config.portal.sessions, singleSignOn: config.portal.singleSignOn, logger })

  const deliveryChanges = createDeliveryChanges(models, (error) => logger.warn({ err: error }, 'changes of deliveries are not followed: live lists are read again once they are'))

  await ensureDefaultTenant(tenants)
  const app = (role === 'worker' ? createHealthApp : createApp)({
    publisher,
    steering,
    health,
    releases,
    replays,
    releasing,
    webhooks,
    tenants,
    reseal: createReseal(models, sealer),
    audit: createAuditStore(models, sealer),
    legalHolds,
    keep: retention.keep,
    apiKeys: createApiKeyStore(models),
    portal,
    portalSettings: config.portal,
    trustProxies: config.portal.trustProxies,
    eventTypes,
    catalog,
    deliveryQueries: createDeliveryQueries(models),
    eventQueries: createEventQueries(models),
    statistics: createStatisticsQueries(models),
    exports: createExportQueries(models),
    deliveryChanges,
    schedule,
    attempts: createAttemptStore(models),
    checkUrl: (url: string) => checkUrl(url, createTargetRules(urlRules)),
    post,
    newSecret: generateSecret,
    adminKeyHash: config.adminKeyHash,
    logger,
    metrics: metrics.registry,
    readiness: () => readiness(store, temporal),
    temporalUiUrl: config.temporal.uiUrl,
    temporalNamespace: namespace,
    version: config.version,
    ...(config.portalDir !== undefined && { portalFiles: createPortalFiles(config.portalDir, config.portal) }),
  })
  const follow = (): Promise<void> =>
    webhooks.follow(stopping.signal, {
      onAway: (error) => logger.warn({ err: error }, 'changes of webhooks are not followed: they are read every second meanwhile'),
      onRetryAfter: retryAfters.changed,
    })
  return { config, logger, store, temporal, app, activities, publisher, sweeper, alarm, reconciler, retention, tallying, notices, postman, recorder, marks, portal, deliveryChanges, ahead, fleet, follow, stopping }
}

/** Else a process with another key would take every webhook's secrets for lost. */
async function refuseWrongKey(store: StoreConnection, sealer: Sealer): Promise<void> {
  const why = await wrongKey(store.models, sealer)
  if (why === undefined) return
  await store.close()
  throw new SettingsError(
    `HERALD_ENCRYPTION_KEY is not the key that the secrets in this MongoDB are sealed with. ${why}. ` +
      'Where `npm start` made that key, it is in the file encryption-key of its data directory.',
  )
}

/** A signal 0 only asks (kill(2)); EPERM is the answer of a process that lives. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function readiness(store: StoreConnection, temporal: TemporalConnection): Promise<{ mongodb: boolean; temporal: boolean }> {
  const answers = async (call: Promise<unknown>): Promise<boolean> => call.then(() => true, () => false)
  const { client } = temporal
  const [mongodb, temporalAnswers] = await Promise.all([
    answers(store.ping()),
    answers(client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}))),
  ])
  return { mongodb, temporal: temporalAnswers }
}
