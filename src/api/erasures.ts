import { z } from 'zod'
import { ERASURE_STATUSES, type Erasure } from '../domain/erasure'
import { eraseWorkflowId } from '../domain/ids'
import type { Erasures } from '../steering/erasures'
import type { ErasureStore } from '../store/erasures'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import type { WorkflowLink } from './temporal-ui'
import { listOf, named, paging, time } from './views'

export interface ErasureDeps {
  erasures: Pick<ErasureStore, 'get' | 'list'>
  eraser: Erasures
  workflowLink: WorkflowLink
}

const kept = z.object({ what: z.string(), why: z.string() })

const view = z.object({
  id: z.string(),
  entityId: z.string(),
  reason: z.string().optional(),
  status: z.enum(ERASURE_STATUSES).describe('`refused`: a legal hold was set meanwhile; what is counted here is gone, the rest stands.'),
  total: z.int().describe('Events about the entity when it began.'),
  events: z.int().describe('Those whose data is gone.'),
  deliveries: z.int().describe('Their deliveries.'),
  cancelled: z.int().describe('Of these, the ones that were not final: given up, with `cancelledReason: "event erased"`.'),
  attempts: z.int().describe('Attempts whose answers are gone.'),
  receivers: z.array(z.object({ webhookId: z.string(), deliveries: z.int() })).describe('Who may have got the data: deliveries that were POSTed to them before, whatever they answered. Herald cannot take it back from them.'),
  kept: z.array(kept).describe('What stays, and why.'),
  createdAt: time,
  createdBy: z.string(),
  endedAt: time.optional(),
  workflowId: z.string(),
  workflowUrl: z.string().optional(),
})
named.add(view, { id: 'Erasure' })

const input = z.strictObject({
  entityId: z.string().min(1).max(256).describe('`data.id` of the events. What mentions it in other fields is about another entity.'),
  reason: z.string().min(1).max(1_024).optional().describe('Such as the number of the request.'),
  dryRun: z.boolean().default(false).describe('Count only, change nothing.'),
})
named.add(input, { id: 'EraseEntity' })

const dryRunView = z.object({ dryRun: z.literal(true), events: z.int() })

export function erasureRoutes({ erasures, eraser, workflowLink }: ErasureDeps): Route[] {
  const about = { tag: 'Erasures' } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/erasures',
      scope: 'erase',
      summary: 'Erase the data of an entity',
      description:
        'A durable job. Of all events about the entity that were published until now, the data is removed for good; what is not delivered yet is cancelled; the answers of receivers are removed. Ids, times and outcomes stay, so that books can still be reconciled. Under a legal hold it is refused. While it runs, GET says how far it is; then it is the report.',
      body: input,
      // What only counts changes nothing.
      audited: ({ body }) => !(body as z.output<typeof input>).dryRun,
      responses: {
        200: { description: 'With `dryRun`: how many events it would be about.', schema: dryRunView },
        201: { description: 'It runs from now on.', schema: view },
      },
      problems: [409],
      handle: create,
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/erasures',
      scope: 'read',
      summary: 'List erasures',
      query: paging,
      responses: { 200: { description: 'A page of erasures, newest first.', schema: listOf(view, 'ErasureList') } },
      handle: async ({ tenantId, query }) => {
        const { data, nextCursor } = await erasures.list(tenantId, query)
        return { status: 200, body: { data: data.map(toView), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/erasures/{id}',
      scope: 'read',
      summary: 'Look at an erasure: its progress, and its report',
      params: z.object({ id: z.string() }),
      responses: { 200: { description: 'The erasure.', schema: view } },
      handle: async ({ tenantId, params: { id } }) => ({ status: 200, body: toView(found(await erasures.get(tenantId, id), 'erasure', id)) }),
    }),
  ]

  async function create({ tenantId, keyId, body }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { entityId, reason, dryRun } = body
    if (dryRun) {
      const plan = await eraser.plan(tenantId, entityId)
      if (plan.kind === 'held') throw held(plan.by)
      return { status: 200, body: { dryRun, events: plan.events } }
    }
    const begun = await eraser.begin(tenantId, { entityId, ...(reason !== undefined && { reason }), createdBy: keyId })
    if (begun.kind === 'held') throw held(begun.by)
    if (begun.kind === 'running') {
      throw new Problem('conflict', `What there is of this entity is being erased already: see GET /v1/erasures/${begun.erasure.id}.`, { members: { erasureId: begun.erasure.id } })
    }
    return { status: 201, body: toView(begun.erasure) }
  }

  function toView({ id, tenantId, entityId, reason, status, total, counts, createdAt, createdBy, endedAt }: Erasure): z.infer<typeof view> {
    const { posted, ...numbers } = counts
    const workflowId = eraseWorkflowId(tenantId, id)
    return {
      id,
      entityId,
      ...(reason !== undefined && { reason }),
      status,
      total,
      ...numbers,
      receivers: Object.entries(posted).map(([webhookId, deliveries]) => ({ webhookId, deliveries })),
      kept: KEPT,
      createdAt: createdAt.toISOString(),
      createdBy,
      ...(endedAt && { endedAt: endedAt.toISOString() }),
      workflowId,
      ...workflowLink(workflowId),
    }
  }
}

const KEPT = [
  { what: 'ids, types, times and statuses of events, deliveries and attempts, and the entity id', why: 'so that books can be reconciled; they leave when their retention is over' },
  { what: 'URL, headers and timing of each request, but its signature', why: 'they are of the webhook, and hold no data of the event' },
  { what: 'the entity id in the list of erasures and in the audit log, for good', why: 'so that it can be shown that it was erased, and who has asked' },
  { what: 'what receivers have got', why: 'it is theirs: the report says whom to ask' },
  { what: 'events that were published after this erasure began', why: 'they are not what it was asked about; erase again for them' },
  { what: 'workflow histories of events that services brought inline, and backups', why: 'Herald does not write there; they end with their own retention' },
]

function held(by: 'entity' | 'tenant'): Problem {
  const which = by === 'entity' ? 'The entity is' : 'All of the tenant is'
  return new Problem('conflict', `${which} under a legal hold, which keeps everything as it is: those who operate Herald can lift it.`, { members: { legalHold: by } })
}
