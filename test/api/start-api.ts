import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import pino from 'pino'
import { Registry } from 'prom-client'
import { createApp, type ApiDeps } from '../../src/api/app'
import { createLimits } from '../../src/api/limits'
import { checkUrl, createTargetRules } from '../../src/delivery/address'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import { createSealer } from '../../src/delivery/seal'
import { generateSecret, generateSigningKey } from '../../src/delivery/sign'
import type { Scope } from '../../src/domain/api-key'
import { deliverWorkflowId } from '../../src/domain/ids'
import { createMetrics } from '../../src/metrics'
import { createPortal, type Portal, type SingleSignOnSettings } from '../../src/portal'
import { createJournal } from '../../src/publish/journal'
import { createPublisher } from '../../src/publish/publisher'
import { createErasures } from '../../src/steering/erasures'
import { createReleasing } from '../../src/steering/releasing'
import { createReplays } from '../../src/steering/replays'
import { createRetention } from '../../src/steering/retention'
import { createRetime } from '../../src/steering/retiming'
import { createSteering } from '../../src/steering/steering'
import { createApiKeyStore } from '../../src/store/api-keys'
import { createApprovalStore } from '../../src/store/approvals'
import { createAuditStore } from '../../src/store/audit'
import { createAttemptStore } from '../../src/store/attempts'
import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createDeliveryChanges } from '../../src/store/delivery-changes'
import { createDeliveryQueries } from '../../src/store/delivery-queries'
import { createErasingStore } from '../../src/store/erasing'
import { createErasureStore } from '../../src/store/erasures'
import { createEventQueries } from '../../src/store/event-queries'
import { createEventCatalog } from '../../src/publish/event-catalog'
import { createEventTypeStore } from '../../src/store/event-types'
import { createExportQueries } from '../../src/store/export'
import { createHealthStore } from '../../src/store/health'
import { createReleaseStore } from '../../src/store/releases'
import { createReplayStore } from '../../src/store/replays'
import { createScheduleStore } from '../../src/store/schedule'
import { createStatisticsQueries } from '../../src/store/statistics'
import { createLegalHoldStore } from '../../src/store/legal-holds'
import { createRetentionLooks } from '../../src/store/retention-looks'
import { createRetentionMarks } from '../../src/store/retention-marks'
import { createReseal } from '../../src/store/reseal'
import { createSteeredStore } from '../../src/store/steered'
import { createTenantStore, ensureDefaultTenant } from '../../src/store/tenants'
import { createWebhookStore } from '../../src/store/webhooks'
import { connectTestStore } from '../support/mongo'
import { conformance } from './conformance'
import { createClient, type Client } from './client'
import { testEvents, testVaults } from '../support/vaults'

const ADMIN_KEY = 'admin-key-of-a-test'

export interface TestApi {
  url: string
  /** Calls with the admin key. */
  admin: Client
  /** Calls with whatever is given as Authorization. */
  as: (authorization: string | undefined) => Client
  /** A client with a new key of these scopes. */
  withScopes: (scopes: Scope[], tenantId?: string) => Promise<Client>
  store: StoreConnection
  portal: Portal
  /** What was logged, one JSON line each. */
  logged: string[]
  stop: () => Promise<void>
}

/** The API over a real MongoDB. Temporal is not there: starts and signals are taken and forgotten. */
export async function startApi({ singleSignOn, ...overrides }: Partial<ApiDeps> & { singleSignOn?: SingleSignOnSettings } = {}): Promise<TestApi> {
  const store = await connectTestStore()
  const logged: string[] = []
  const deps = { ...createDeps(store, logged, singleSignOn), ...overrides }
  await ensureDefaultTenant(deps.tenants)
  const server = createServer({ keepAliveTimeout: 65_000 }, createApp(deps)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = urlOf(server)
  const check = await conformance(url)
  const as = (authorization: string | undefined): Client => createClient(url, authorization, check)
  const admin = as(`Bearer ${ADMIN_KEY}`)
  return {
    url,
    admin,
    as,
    logged,
    store,
    portal: deps.portal,
    withScopes: async (scopes, tenantId = 'default') => {
      const headers = { 'herald-tenant': tenantId }
      const { body } = await admin('POST', '/v1/api-keys', { name: 'of a test', scopes }, headers)
      return as(`Bearer ${body.key}`)
    },
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await store.close()
    },
  }
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The API does not listen')
  return `http://127.0.0.1:${address.port}`
}

function createDeps({ models, awayEverSince }: StoreConnection, logged: string[], singleSignOn?: SingleSignOnSettings): ApiDeps {
  const logger = pino({}, { write: (line: string) => void logged.push(line) })
  const webhooks = createWebhookStore(models, createSealer(Buffer.alloc(32, 7)), logger)
  const deliveries = createDeliveryStore(models)
  const tenants = createTenantStore(models)
  const legalHolds = createLegalHoldStore(models)
  const retention = createRetention({
    tenants,
    legalHolds,
    looks: createRetentionLooks(models),
    marks: createRetentionMarks(models),
    metrics: createMetrics(),
    logger,
    stopping: new AbortController().signal,
    times: { everyMs: 60_000, leavingMs: 3_600_000, recordsLaterMs: 300_000, recheckMs: 86_400_000 },
  })
  const noWorkflow = async (): Promise<void> => undefined
  const releases = createReleaseStore(models)
  const health = createHealthStore(models)
  const steered = createSteeredStore(models)
  const replays = createReplays({ replays: createReplayStore(models, testVaults(models)), webhooks, tenants, wants: () => () => true })
  const releasing = createReleasing({ releases, replays, starts: { release: noWorkflow }, logger })
  const urlRules = createTargetRules({ allowTargets: ['127.0.0.0/8'], deniedPorts: [7233] })
  return {
    publisher: createPublisher({
      events: testEvents(models),
      journal: createJournal({ events: testEvents(models), starterId: 'test', storeAwayEverSince: awayEverSince }),
      dispatchesHere: false,
      hasTime: async () => false,
      starter: {
        isIdle: () => true,
        submit: async ({ tenantId, id }) => ({ start: Promise.resolve(deliverWorkflowId(tenantId, [id])) }),
      },
      metrics: createMetrics(),
      onScheduled: () => undefined,
      faults: () => undefined,
    }),
    steering: createSteering({
      deliveries,
      steered,
      retime: createRetime({ steered, webhooks, deliveries, messenger: { tell: noWorkflow }, starts: { drain: noWorkflow } }),
      webhooks,
      starts: { drain: noWorkflow },
      messenger: { tell: noWorkflow, adopt: noWorkflow },
      releasing,
      health,
      notices: { tellChanges: noWorkflow },
      logger,
    }),
    health,
    notices: { tellWaiting: noWorkflow },
    releases,
    replays,
    releasing,
    erasures: createErasureStore(models),
    eraser: createErasures({ erasures: createErasureStore(models), erasing: createErasingStore(models), legalHolds, tenants, starts: { erase: noWorkflow }, logger }),
    webhooks,
    tenants,
    reseal: createReseal(models, createSealer(Buffer.alloc(32, 7)), testVaults(models)),
    audit: createAuditStore(models, createSealer(Buffer.alloc(32, 7))),
    faults: () => undefined,
    approvals: createApprovalStore(models, createSealer(Buffer.alloc(32, 7))),
    legalHolds,
    keep: retention.keep,
    apiKeys: createApiKeyStore(models),
    portal: createPortal({ models, sealer: createSealer(Buffer.alloc(32, 7)), times: { idleMs: 1_800_000, mostMs: 43_200_000 }, ...(singleSignOn && { singleSignOn }), logger }),
    portalSettings: { frameAncestors: [] },
    trustProxies: ['loopback'],
    eventTypes: createEventTypeStore(models),
    catalog: createEventCatalog(createEventTypeStore(models)),
    deliveryQueries: createDeliveryQueries(models),
    eventQueries: createEventQueries(models, testVaults(models)),
    statistics: createStatisticsQueries(models),
    exports: createExportQueries(models),
    deliveryChanges: createDeliveryChanges(models, () => undefined),
    schedule: createScheduleStore(models),
    attempts: createAttemptStore(models, testVaults(models)),
    checkUrl: (url) => checkUrl(url, urlRules),
    post: createPostEvent({ dispatcher: createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [7233] }), userAgent: 'Herald/test' }),
    newSecret: generateSecret,
    newSigningKey: generateSigningKey,
    adminKeyHash: createHash('sha256').update(ADMIN_KEY).digest('hex'),
    limits: createLimits({}),
    logger,
    metrics: new Registry(),
    readiness: async () => ({ mongodb: true, temporal: false }),
    temporalUiUrl: 'http://127.0.0.1:8233/',
    temporalNamespace: 'default',
    settings: [{ name: 'PORT', about: 'Where the API listens', source: 'environment', isSet: true, isSecret: false, value: '3000' }],
  }
}
