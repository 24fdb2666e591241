import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { DeliveryStatus, FailureReason } from './api/client'
import { LostPage } from './shell/LostPage'
import { Shell } from './shell/Shell'

type Search = Record<string, string | undefined>

/** Of the address only what a page knows, as text: what people paste must not break it. */
function pick<Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>): { [N in Name]?: string } =>
    Object.fromEntries(names.flatMap((name) => (typeof search[name] === 'string' && search[name] !== '' ? [[name, search[name]]] : []))) as { [N in Name]?: string }
}

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Shell, notFoundComponent: LostPage })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/operations/webhook' })
  },
})

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  validateSearch: pick('since'),
  component: lazyRouteComponent(() => import('./overview/OverviewPage'), 'OverviewPage'),
})

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/operations/webhook',
  validateSearch: pick('q', 'status'),
  component: lazyRouteComponent(() => import('./webhooks/WebhookList'), 'WebhookList'),
})
const newWebhook = createRoute({
  getParentRoute: () => root,
  path: '/operations/webhook/new',
  component: lazyRouteComponent(() => import('./webhooks/AddWebhook'), 'AddWebhook'),
})
const webhook = createRoute({
  getParentRoute: () => root,
  path: '/operations/webhook/$id',
  component: lazyRouteComponent(() => import('./webhooks/WebhookPage'), 'WebhookPage'),
})
const editWebhook = createRoute({
  getParentRoute: () => root,
  path: '/operations/webhook/$id/edit',
  component: lazyRouteComponent(() => import('./webhooks/EditWebhook'), 'EditWebhook'),
})

const DELIVERY_FILTERS = ['status', 'webhookId', 'type', 'failureReason', 'entityId', 'eventId', 'since', 'from', 'to'] as const
export type DeliverySearch = { [Name in (typeof DELIVERY_FILTERS)[number]]?: string } & { status?: DeliveryStatus; failureReason?: FailureReason }

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/operations/deliveries',
  validateSearch: (search): DeliverySearch => pick(...DELIVERY_FILTERS)(search) as DeliverySearch,
  component: lazyRouteComponent(() => import('./deliveries/DeliveryList'), 'DeliveryList'),
})
const delivery = createRoute({
  getParentRoute: () => root,
  path: '/operations/deliveries/$id',
  component: lazyRouteComponent(() => import('./deliveries/DeliveryPage'), 'DeliveryPage'),
})

const releases = createRoute({
  getParentRoute: () => root,
  path: '/operations/releases',
  component: lazyRouteComponent(() => import('./releases/ReleaseList'), 'ReleaseList'),
})
const approvals = createRoute({
  getParentRoute: () => root,
  path: '/operations/approvals',
  validateSearch: pick('status', 'target'),
  component: lazyRouteComponent(() => import('./approvals/ApprovalList'), 'ApprovalList'),
})
const newRelease = createRoute({
  getParentRoute: () => root,
  path: '/operations/releases/new',
  validateSearch: pick('webhookId', 'type', 'failureReason', 'entityId', 'since', 'from', 'to') as (search: Record<string, unknown>) => Omit<DeliverySearch, 'status' | 'eventId'>,
  component: lazyRouteComponent(() => import('./releases/NewRelease'), 'NewRelease'),
})
const release = createRoute({
  getParentRoute: () => root,
  path: '/operations/releases/$id',
  component: lazyRouteComponent(() => import('./releases/ReleasePage'), 'ReleasePage'),
})

const events = createRoute({
  getParentRoute: () => root,
  path: '/events',
  validateSearch: pick('type', 'entityId', 'since', 'from', 'to'),
  component: lazyRouteComponent(() => import('./events/EventList'), 'EventList'),
})
const event = createRoute({
  getParentRoute: () => root,
  path: '/events/$id',
  component: lazyRouteComponent(() => import('./events/EventPage'), 'EventPage'),
})
const eventTypes = createRoute({
  getParentRoute: () => root,
  path: '/event-types',
  component: lazyRouteComponent(() => import('./events/EventTypes'), 'EventTypes'),
})
const publish = createRoute({
  getParentRoute: () => root,
  path: '/events/publish',
  component: lazyRouteComponent(() => import('./events/PublishEvent'), 'PublishEvent'),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/administration/users',
  component: lazyRouteComponent(() => import('./users/UserList'), 'UserList'),
})
const apiKeys = createRoute({
  getParentRoute: () => root,
  path: '/administration/api-keys',
  component: lazyRouteComponent(() => import('./keys/KeyList'), 'KeyList'),
})
const tenants = createRoute({
  getParentRoute: () => root,
  path: '/administration/tenants',
  component: lazyRouteComponent(() => import('./tenants/TenantList'), 'TenantList'),
})
const erasures = createRoute({
  getParentRoute: () => root,
  path: '/administration/erasures',
  component: lazyRouteComponent(() => import('./erasures/ErasureList'), 'ErasureList'),
})
const audit = createRoute({
  getParentRoute: () => root,
  path: '/administration/audit',
  validateSearch: pick('action', 'actor', 'target', 'address', 'since', 'from', 'to'),
  component: lazyRouteComponent(() => import('./audit/AuditList'), 'AuditList'),
})
const settings = createRoute({
  getParentRoute: () => root,
  path: '/administration/settings',
  component: lazyRouteComponent(() => import('./settings/SettingList'), 'SettingList'),
})
const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('./account/AccountPage'), 'AccountPage'),
})

const routeTree = root.addChildren([
  home, webhooks, newWebhook, webhook, editWebhook, deliveries, delivery, releases, newRelease, release, approvals, events, publish, event, eventTypes,
  overview, users, apiKeys, tenants, erasures, audit, settings, account,
])

export const createPortalRouter = (queries: QueryClient) =>
  createRouter({
    routeTree,
    basepath: '/portal',
    context: { queries },
    defaultPreload: 'intent',
    scrollRestoration: true,
    // Plain `?status=parked`, which people may read, write and share.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const set = Object.entries(search as Search).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
      const text = new URLSearchParams(set).toString()
      return text === '' ? '' : `?${text}`
    },
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>
  }
}
