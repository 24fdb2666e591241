import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { answer, api, type Approval, type DeliveryStatus, type FailureReason, type Schemas } from './client'

/** Most webhooks that one list shows: the API's longest page. */
const PAGE = 50
const MANY = 200

interface PageRequest {
  limit: string
  cursor?: string
}

/** A list that the API answers page by page. What was there stays while another filter's is read. */
const pagedQuery = <Row>(queryKey: readonly unknown[], read: (page: PageRequest) => Promise<{ data: Row[]; nextCursor?: string }>) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => read({ limit: String(PAGE), ...(pageParam !== '' && { cursor: pageParam }) }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  })

export interface DeliveryFilter {
  status?: DeliveryStatus
  webhookId?: string
  eventId?: string
  entityId?: string
  type?: string
  failureReason?: FailureReason
  from?: string
  to?: string
}

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: () => answer(api.GET('/v1/webhooks', { params: { query: { limit: String(MANY) } } })),
  staleTime: 5_000,
})

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', id],
    queryFn: () => answer(api.GET('/v1/webhooks/{id}', { params: { path: { id } } })),
  })

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: () => answer(api.GET('/v1/event-types')),
  staleTime: 60_000,
})

export const deliveriesQuery = (filter: DeliveryFilter) =>
  pagedQuery(['deliveries', filter], (page) => answer(api.GET('/v1/deliveries', { params: { query: { ...filter, ...page } } })))

export const deliveryCountQuery = (filter: DeliveryFilter) =>
  queryOptions({
    queryKey: ['deliveries', 'count', filter],
    queryFn: () => answer(api.GET('/v1/deliveries/count', { params: { query: { ...filter } } })),
    placeholderData: keepPreviousData,
  })

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'one', id],
    queryFn: () => answer(api.GET('/v1/deliveries/{id}', { params: { path: { id } } })),
  })

export interface EventFilter {
  type?: string
  entityId?: string
  from?: string
  to?: string
}

export const eventsQuery = (filter: EventFilter) =>
  pagedQuery(['events', filter], (page) => answer(api.GET('/v1/events', { params: { query: { ...filter, ...page } } })))

/** The event, and its data as the bytes that were published: reading them as JSON would change `1.10` and long numbers. */
export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ['events', 'one', id],
    queryFn: async () => {
      const source = await answer(api.GET('/v1/events/{id}', { params: { path: { id } }, parseAs: 'text' }))
      const mark = ',"data":'
      const at = source.indexOf(mark)
      const event = JSON.parse(`${source.slice(0, at)}}`) as Omit<Schemas['Event'], 'data'>
      return { ...event, data: source.slice(at + mark.length, -1) }
    },
  })

export const erasuresQuery = pagedQuery(['erasures'], (page) => answer(api.GET('/v1/erasures', { params: { query: { ...page } } })))

export const releasesQuery = pagedQuery(['releases'], (page) => answer(api.GET('/v1/releases', { params: { query: { ...page } } })))

export const releaseQuery = (id: string) =>
  queryOptions({
    queryKey: ['releases', id],
    queryFn: () => answer(api.GET('/v1/releases/{id}', { params: { path: { id } } })),
  })

export const usersQuery = pagedQuery(['users'], (page) => answer(api.GET('/v1/users', { params: { query: { ...page } } })))

export const apiKeysQuery = pagedQuery(['api-keys'], (page) => answer(api.GET('/v1/api-keys', { params: { query: { ...page } } })))

export const tenantsQuery = pagedQuery(['tenants'], (page) => answer(api.GET('/v1/tenants', { params: { query: { ...page } } })))

export const approvalsQuery = (filter: { status?: Approval['status']; target?: string }) =>
  pagedQuery(['approvals', filter], (page) => answer(api.GET('/v1/approvals', { params: { query: { ...filter, ...page } } })))

export const pendingApprovalsQuery = (target?: string) =>
  queryOptions({
    queryKey: ['approvals', 'pending', target],
    queryFn: () => answer(api.GET('/v1/approvals', { params: { query: { status: 'pending', limit: String(MANY), ...(target !== undefined && { target }) } } })),
  })

export interface AuditFilter {
  action?: string
  actor?: string
  target?: string
  address?: string
  from?: string
  to?: string
}

export const auditQuery = (filter: AuditFilter) =>
  pagedQuery(['audit', filter], (page) => answer(api.GET('/v1/audit', { params: { query: { ...filter, ...page } } })))

/** Reads the whole book: not again and again. */
export const auditVerdictQuery = queryOptions({
  queryKey: ['audit-verdict'],
  queryFn: () => answer(api.GET('/v1/audit/verify')),
  staleTime: 300_000,
})

/** Of the tenant that is shown: whoever chooses another one has read nothing of it yet. */
export const savedViewsQuery = queryOptions({
  queryKey: ['saved-views'],
  queryFn: () => answer(api.GET('/v1/account/views')),
  staleTime: 60_000,
})

/** They do not change while Herald runs. */
export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: () => answer(api.GET('/v1/settings')),
  staleTime: 60_000,
})

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => answer(api.GET('/v1/session')),
})

/** By the window's name, so that what was drawn stays while the clock moves it. */
export const statisticsQuery = (name: string, window: { from?: string; to?: string }) =>
  queryOptions({
    queryKey: ['stats', name],
    queryFn: () => answer(api.GET('/v1/stats', { params: { query: window } })),
    placeholderData: keepPreviousData,
  })

/** Of the last 24 hours. */
export const webhookStatisticsQuery = (ids: string[]) =>
  queryOptions({
    queryKey: ['stats', 'webhooks', ids],
    queryFn: () => answer(api.GET('/v1/stats/webhooks', { params: { query: { webhookId: ids.join(',') } } })),
    placeholderData: keepPreviousData,
    enabled: ids.length > 0,
  })
