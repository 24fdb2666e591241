import express, { type Express, type RequestHandler } from 'express'
import helmet, { strictTransportSecurity } from 'helmet'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { PostEvent } from '../delivery/post'
import type { FaultPoints } from '../faults'
import type { Notices } from '../notices/notices'
import type { Publisher } from '../publish/publisher'
import type { Erasures } from '../steering/erasures'
import type { Releasing } from '../steering/releasing'
import type { Replays } from '../steering/replays'
import type { Retention } from '../steering/retention'
import type { Steering } from '../steering/steering'
import type { ApiKeyStore } from '../store/api-keys'
import type { ApprovalStore } from '../store/approvals'
import type { AuditStore } from '../store/audit'
import type { AttemptStore } from '../store/attempts'
import type { DeliveryChanges } from '../store/delivery-changes'
import type { DeliveryQueries } from '../store/delivery-queries'
import type { ErasureStore } from '../store/erasures'
import type { EventQueries } from '../store/event-queries'
import type { Setting } from '../domain/setting'
import type { EventTypeStore } from '../store/event-types'
import type { ExportQueries } from '../store/export'
import type { HealthStore } from '../store/health'
import type { ReleaseStore } from '../store/releases'
import type { ScheduleStore } from '../store/schedule'
import type { StatisticsQueries } from '../store/statistics'
import type { LegalHoldStore } from '../store/legal-holds'
import type { TenantStore } from '../store/tenants'
import type { WebhookStore } from '../store/webhooks'
import type { Portal } from '../portal'
import { accountRoutes } from './account'
import { apiKeyRoutes } from './api-keys'
import { approvalRoutes } from './approvals'
import { auditRoutes } from './audit'
import { createRecord } from './audited'
import { createAuthenticate } from './auth'
import { codecCors, codecRoutes } from './codec'
import { deliveryRoutes } from './deliveries'
import { createDocs } from './docs'
import type { EventCatalog } from '../publish/event-catalog'
import { erasureRoutes } from './erasures'
import { eventTypeRoutes } from './event-types'
import { eventRoutes } from './events'
import { exportRoutes } from './export'
import { filterTestRoutes } from './filter-tests'
import { createFailureHandler, refusePath } from './failures'
import { healthRoutes, OPERATION } from './health'
import type { Limits } from './limits'
import { legalHoldRoutes } from './legal-holds'
import { createLinkPages } from './link-pages'
import { liveRoutes } from './live'
import { createOpenApi } from './openapi'
import { createOwnership, ownershipRoutes } from './ownership'
import { createPersons } from './persons'
import { portalLinkRoutes } from './portal-links'
import { Problem } from './problem'
import { publishingRoutes } from './publishing'
import { releaseRoutes } from './releases'
import type { Reseal } from '../store/reseal'
import { encryptionKeyRoutes } from './encryption-keys'
import type { Route } from './route'
import { secretRevealRoutes } from './secret-reveal'
import { withSecondPerson } from './second-person'
import { savedViewRoutes } from './saved-views'
import { secretRotationRoutes } from './secret-rotation'
import { createRouter } from './serve'
import { sessionRoutes } from './session'
import { createSessionCookies, type PortalSettings } from './session-cookie'
import { settingRoutes } from './settings'
import { setupRoutes } from './setup'
import { singleSignOnRoutes } from './single-sign-on'
import { createWorkflowLink, type TemporalUi } from './temporal-ui'
import { statisticsRoutes } from './statistics'
import { tenantRoutes } from './tenants'
import { userRoutes } from './users'
import type { CheckUrl } from './webhook-changes'
import { publicKeyRoutes } from './public-keys'
import { webhookTestRoutes } from './webhook-tests'
import { webhookRoutes } from './webhooks'

export interface ApiDeps extends TemporalUi {
  publisher: Publisher
  steering: Steering
  notices: Pick<Notices, 'tellWaiting'>
  health: Pick<HealthStore, 'find'>
  releases: ReleaseStore
  releasing: Releasing
  erasures: Pick<ErasureStore, 'get' | 'list'>
  eraser: Erasures
  replays: Pick<Replays, 'plan'>
  webhooks: Pick<WebhookStore, 'insert' | 'list' | 'update' | 'open' | 'get' | 'replaceSecrets' | 'verified' | 'notVerified' | 'stayPaused' | 'tenantOf'>
  tenants: TenantStore
  audit: AuditStore
  approvals: ApprovalStore
  faults: FaultPoints
  reseal: Reseal
  legalHolds: LegalHoldStore
  keep: Retention['keep']
  apiKeys: ApiKeyStore
  portal: Portal
  portalSettings: PortalSettings
  /** Proxies whose word on where a request comes from is taken: addresses, CIDRs, or names as Express knows them. */
  trustProxies: string[]
  eventTypes: EventTypeStore
  catalog: EventCatalog
  deliveryQueries: DeliveryQueries
  eventQueries: EventQueries
  statistics: StatisticsQueries
  exports: ExportQueries
  deliveryChanges: DeliveryChanges
  schedule: Pick<ScheduleStore, 'cancel'>
  attempts: Pick<AttemptStore, 'list'>
  /** Whether a webhook may have this URL. */
  checkUrl: CheckUrl
  /** One POST to a webhook, which is no delivery. */
  post: PostEvent
  /** A new signing secret, `whsec_…`. */
  newSecret: () => string
  /** A new private key for `v1a`, `whsk_…`. */
  newSigningKey: () => string
  /** SHA-256 of the admin key, in hex. */
  adminKeyHash: string
  /** Opens what services have sealed in their own starts. */
  payloadKey?: Buffer
  /** How often callers may ask. */
  limits: Limits
  logger: Logger
  metrics: Pick<Registry, 'metrics' | 'contentType'>
  readiness: () => Promise<{ mongodb: boolean; temporal: boolean }>
  /** What this process was told. */
  settings: Setting[]
  /** Serves the portal's files; none where there is no portal. */
  portalFiles?: RequestHandler
}

/** Herald's REST API, ready to be listened with. Limits on slow callers are the HTTP server's. */
export const createApp = (deps: ApiDeps): Express => serve(deps, createRoutes(deps), pagesOf(deps))

/** The same without what is for operators, and for what watches Herald: that is at another port. */
export const createPublicApp = (deps: ApiDeps): Express =>
  serve(deps, createRoutes(deps, isPublic).filter(isPublic), pagesOf(deps))

const isPublic = ({ scope, tag }: Route): boolean => scope !== 'admin' && tag !== OPERATION

/** What routes take apart as they are built; they call none of it. */
const UNSERVED = { portal: {}, portalSettings: { frameAncestors: [] } } as unknown as ApiDeps

/** The document of the API without an API. */
export const describeApi = (): object => createOpenApi(createRoutes(UNSERVED))

/** What a process that is no API answers: whether it is well. */
export const createHealthApp = (deps: ApiDeps): Express => serve(deps, healthRoutes(deps))

const pagesOf = ({ portalSettings, portalFiles }: ApiDeps): RequestHandler[] => [createLinkPages(portalSettings), ...(portalFiles ? [portalFiles] : [])]

function serve(deps: ApiDeps, routes: Route[], pages: RequestHandler[] = []): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', deps.trustProxies)
  app.use(securityHeaders(), transportSecurity(deps.portalSettings))
  app.use(refuseSecondHost, warnOfUnknownProxy(deps.logger))
  const cookies = createSessionCookies(deps.portalSettings)
  if (routes.some(({ path }) => path.startsWith('/codec/'))) app.use('/codec', codecCors(deps))
  const authenticate = createAuthenticate({ ...deps, cookies, sessions: deps.portal.sessions })
  app.use(createRouter(routes, { authenticate, record: createRecord(deps), limits: deps.limits }))
  for (const page of pages) app.use(page)
  app.use(createDocs(createOpenApi(routes)))
  app.use(refusePath)
  app.use(createFailureHandler(deps.logger))
  return app
}

/** Publishing goes first: Express asks one route after the other. */
function createRoutes(deps: ApiDeps, isServed: (route: Route) => boolean = () => true): Route[] {
  const persons = createPersons({ apiKeys: deps.apiKeys, users: deps.portal.users })
  const shared = { ...deps, persons, ownership: createOwnership(deps), workflowLink: createWorkflowLink(deps), cookies: createSessionCookies(deps.portalSettings) }
  const routes: Route[] = [
    ...publishingRoutes(shared),
    // Before those whose path has an id in the same place.
    ...exportRoutes(shared),
    ...liveRoutes(shared),
    ...eventRoutes(shared),
    ...deliveryRoutes(shared),
    ...releaseRoutes(shared),
    ...statisticsRoutes(shared),
    ...filterTestRoutes(shared),
    ...webhookTestRoutes(shared),
    ...secretRotationRoutes(shared),
    ...secretRevealRoutes(shared),
    ...ownershipRoutes(shared),
    ...publicKeyRoutes(shared),
    ...webhookRoutes(shared),
    ...eventTypeRoutes(shared),
    ...tenantRoutes(shared),
    ...legalHoldRoutes(shared),
    ...erasureRoutes(shared),
    ...apiKeyRoutes(shared),
    ...sessionRoutes(shared),
    ...singleSignOnRoutes(shared),
    ...setupRoutes(shared),
    ...accountRoutes(shared),
    ...savedViewRoutes(shared),
    ...userRoutes(shared),
    ...portalLinkRoutes(shared),
    ...auditRoutes(shared),
    ...encryptionKeyRoutes(shared),
    ...codecRoutes(shared),
    ...settingRoutes(shared),
    ...healthRoutes(shared),
    ...approvalRoutes({ ...shared, planned: () => routes, isServed }),
  ]
  return withSecondPerson(routes, shared)
}

/** Everything comes from here, and plain HTTP on a loopback address must work too. */
function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      directives: { fontSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
    },
    strictTransportSecurity: false,
  })
}

/** Which of two a proxy before has gone by is not known (RFC 9112, 3.2). */
const refuseSecondHost: RequestHandler = ({ headersDistinct: { host = [] } }, _, next) => {
  if (host.length > 1) throw new Problem('invalid-request', 'Send one Host header.')
  next()
}

const WARN_EVERY_MS = 60_000

/** Where a proxy is not known as one, everybody behind it is one address, and shares its limits. */
function warnOfUnknownProxy(logger: Logger): RequestHandler {
  let warnedAt = -Infinity
  return (req, _, next) => {
    const peer = req.socket.remoteAddress ?? ''
    const isTrusted: (address: string, hops: number) => boolean = req.app.get('trust proxy fn')
    if (req.headers['x-forwarded-for'] !== undefined && performance.now() - warnedAt >= WARN_EVERY_MS && !isTrusted(peer, 0)) {
      warnedAt = performance.now()
      logger.warn({ peer }, 'X-Forwarded-For came from an address that HERALD_TRUST_PROXY does not name: it is not believed. If that is your proxy, name it: until then all who come by it are limited as one')
    }
    next()
  }
}

/** Of what came over TLS, in process or at a proxy that is believed: over plain HTTP it may not be sent (RFC 6797, 7.2). */
function transportSecurity({ publicUrl }: PortalSettings): RequestHandler {
  const set = strictTransportSecurity()
  const isAlwaysSecure = publicUrl?.startsWith('https:') ?? false
  return (req, res, next) => (isAlwaysSecure || req.secure ? set(req, res, next) : next())
}
