import { z } from 'zod'
import { releaseWorkflowId } from '../domain/ids'
import { FAILURE_REASONS } from '../domain/outcome'
import { RELEASE_ACTIONS, RELEASED_FROM, type Release, type ReleaseFilter } from '../domain/release'
import type { EventCatalog } from '../publish/event-catalog'
import type { Releasing, ReleaseSteeringResult } from '../steering/releasing'
import type { Replays } from '../steering/replays'
import type { ReleaseStore } from '../store/releases'
import type { WebhookStore } from '../store/webhooks'
import { typeFilter, typeIdOf } from './event-type-filter'
import { found, invalid, Problem } from './problem'
import { releaseRate, releaseView, replayedFrom, toReleaseView } from './release-views'
import { route, type Call, type Reply, type Route } from './route'
import type { WorkflowLink } from './temporal-ui'
import { instant, listOf, named, paging } from './views'

export interface ReleaseDeps {
  releases: Pick<ReleaseStore, 'get' | 'list' | 'count' | 'counts'>
  replays: Pick<Replays, 'plan'>
  releasing: Pick<Releasing, 'begin' | 'pause' | 'resume' | 'cancel'>
  webhooks: Pick<WebhookStore, 'get'>
  catalog: EventCatalog
  workflowLink: WorkflowLink
}

export function releaseRoutes(deps: ReleaseDeps): Route[] {
  const { releases, replays, releasing, webhooks, catalog } = deps
  return [
    route({
      method: 'post',
      path: '/v1/releases',
      scope: 'retry',
      tag: 'Releases',
      summary: 'Retry, resume, cancel or replay many deliveries',
      description:
        'Oldest first, at a pace, as a durable job. `retry` gives parked deliveries another round, `resume` lets held ones of active webhooks go on, `cancel` gives parked and held ones up. `replay` delivers the events since `from` to a webhook once more, as far as its types and filter want them: what is final, or never went there, gets a delivery of its own with the same `webhook-id`, what is parked another round, and what is on its way is left alone. Events that have left, their retention being over, are not there: `replayedFrom` says from when on. With `dryRun` it is counted only.',
      body: input,
      // What only counts changes nothing.
      audited: ({ body }) => !(body as z.output<typeof input>).dryRun,
      responses: {
        200: { description: 'With `dryRun`: how many deliveries it would be about.', schema: dryRunView },
        201: { description: 'The release, which runs from now on.', schema: releaseView },
      },
      problems: [409],
      handle: create,
    }),
    route({
      method: 'get',
      path: '/v1/releases',
      scope: 'read',
      tag: 'Releases',
      summary: 'List releases',
      query: paging,
      responses: { 200: { description: 'A page of releases, newest first.', schema: listOf(releaseView, 'ReleaseList') } },
      handle: async ({ tenantId, query }) => {
        const { data, nextCursor } = await releases.list(tenantId, query)
        return { status: 200, body: { data: await Promise.all(data.map(view)), nextCursor } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/releases/{id}',
      scope: 'read',
      tag: 'Releases',
      summary: 'Look at a release and how far it has come',
      params,
      responses: { 200: { description: 'The release.', schema: releaseView } },
      handle: async ({ tenantId, params: { id } }) => ({ status: 200, body: await view(found(await releases.get(tenantId, id), 'release', id)) }),
    }),
    ...(['pause', 'resume', 'cancel'] as const).map((verb) =>
      route({
        method: 'post',
        path: `/v1/releases/{id}/${verb}`,
        scope: 'retry',
        tag: 'Releases',
        summary: STEERED[verb],
        params,
        responses: { 200: { description: 'Done. Again is fine.', schema: releaseView } },
        problems: [409],
        handle: async ({ tenantId, params: { id } }) => ({ status: 200, body: await view(done(await releasing[verb](tenantId, id), id)) }),
      }),
    ),
  ]

  async function view(release: Release): Promise<z.infer<typeof releaseView>> {
    const counts = release.outcome ?? (await releases.counts(release))
    return toReleaseView(release, counts, releaseWorkflowId(release.tenantId, release.id), deps)
  }

  async function create({ tenantId, keyId, body }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { action, filter: { type, ...given }, ratePerSecond: perSecond, dryRun } = body
    const filter: ReleaseFilter = { ...given, ...(type !== undefined && { typeId: await typeIdOf(catalog, type) }) }
    await checkWebhook(tenantId, action, filter)
    if (dryRun) return { status: 200, body: { dryRun, ...(await counted(tenantId, action, filter)) } }
    const release = await releasing.begin(tenantId, { action, filter, perSecond, createdBy: keyId })
    if (!release) throw new Problem('conflict', 'What is held for this webhook is being released already: see GET /v1/releases.')
    return { status: 201, body: await view(release) }
  }

  async function counted(tenantId: string, action: Release['action'], filter: ReleaseFilter): Promise<Omit<z.infer<typeof dryRunView>, 'dryRun'>> {
    const now = new Date()
    if (action !== 'replay') return { count: await releases.count(tenantId, action, filter, now) }
    const { count, from } = found(await replays.plan(tenantId, filter, now), 'webhook', filter.webhookId ?? '')
    return { count, replayedFrom: from.toISOString() }
  }

  async function checkWebhook(tenantId: string, action: Release['action'], { webhookId }: ReleaseFilter): Promise<void> {
    if (webhookId === undefined) return
    const webhook = await webhooks.get(tenantId, webhookId)
    if (!webhook) throw invalid([{ path: 'filter.webhookId', message: 'is not known in this tenant: it may have been deleted' }])
    if (action === 'cancel' || webhook.status === 'active') return
    const detail = `The webhook is ${webhook.status}: resume it with POST /v1/webhooks/${webhookId}/resume${action === 'resume' ? ', which releases what is held' : `, then ${action}`}.`
    throw new Problem('conflict', detail, { members: { currentStatus: webhook.status } })
  }
}

const STEERED = {
  pause: 'Pause a release; what is under way, five seconds of its rate at most, goes on',
  resume: 'Let a paused release go on',
  cancel: 'End a release; what it has not moved stays as it is',
} as const

const params = z.object({ id: z.string() })

/** More than anybody ticks in a list. */
const MOST_NAMED = 200

const filter = z
  .strictObject({
    deliveryIds: z.array(z.string()).min(1).max(MOST_NAMED).optional().describe(`These alone, up to ${MOST_NAMED}.`),
    status: z.enum(['parked', 'held']).optional().describe('With `cancel`: only what is parked, or only what is held.'),
    webhookId: z.string().optional(),
    type: typeFilter,
    entityId: z.string().optional(),
    from: instant.describe("The event's time; included."),
    to: instant.describe("The event's time; not included."),
    failureReason: z.enum(FAILURE_REASONS).optional().describe('Of the newest attempt.'),
    statusCode: z.int().min(100).max(599).optional().describe('The HTTP status of the newest answer.'),
    includeEarlier: z.boolean().optional().describe('With `replay`: also events from before the webhook was made.'),
  })
  .refine(({ from, to }) => !from || !to || from < to, { path: ['to'], message: 'must be later than from' })
  .describe('The deliveries that have all of this; {} for all of the tenant.')

const input = z
  .strictObject({
  action: z.enum(RELEASE_ACTIONS),
  filter,
  ratePerSecond: releaseRate,
  dryRun: z.boolean().default(false).describe('Count only, change nothing.'),
})
  .refine(({ action, filter }) => filter.status === undefined || RELEASED_FROM[action].includes(filter.status), {
    path: ['filter', 'status'],
    message: 'must be one that the action is about: parked for retry, held for resume, either for cancel',
  })
  .superRefine(({ action, filter }, context) => {
    const of = (field: keyof typeof filter, message: string): void => context.addIssue({ code: 'custom', path: ['filter', field], message })
    if (action !== 'replay') {
      if (filter.includeEarlier !== undefined) of('includeEarlier', 'goes with the action replay only')
      return
    }
    for (const field of ['webhookId', 'from'] as const) if (filter[field] === undefined) of(field, 'is needed for a replay')
    for (const field of ['deliveryIds', 'status', 'failureReason', 'statusCode'] as const) {
      if (filter[field] !== undefined) of(field, 'does not go with replay, which is about events')
    }
  })
named.add(input, { id: 'ReleaseInput' })

const dryRunView = z.object({ dryRun: z.literal(true), count: z.int(), replayedFrom: replayedFrom.optional() })

function done(result: ReleaseSteeringResult, id: string): Release {
  if (result.kind === 'done') return result.release
  if (result.kind === 'not found') return found<never>(undefined, 'release', id)
  const { status, action, filter } = result.release
  const why =
    action === 'resume' && (status === 'running' || status === 'paused')
      ? `It lets what was held go on: to stop that, pause the webhook${filter.webhookId === undefined ? 's' : ` ${filter.webhookId}`}.`
      : `The release is ${status}, which does not allow this.`
  throw new Problem('conflict', why, { members: { currentStatus: status } })
}
