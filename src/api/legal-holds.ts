import { z } from 'zod'
import type { LegalHold } from '../domain/legal-hold'
import type { Retention } from '../steering/retention'
import type { LegalHoldStore } from '../store/legal-holds'
import { isTimeCursor } from '../store/page'
import { found } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { cursor, limit, listOf, named, time } from './views'

export interface LegalHoldDeps {
  legalHolds: Pick<LegalHoldStore, 'set' | 'lift' | 'get' | 'list'>
  keep: Retention['keep']
}

const view = z.object({
  entityId: z.string().describe('`data.id` of the events that are kept'),
  reason: z.string(),
  since: time,
  setBy: z.string().describe('The id of the API key that set it; `admin` for the admin key.'),
})
named.add(view, { id: 'LegalHold' })

const input = z.strictObject({
  reason: z.string().min(1).max(1_024).describe('Such as the number of the case.'),
})
named.add(input, { id: 'SetLegalHold' })

const params = z.object({
  entityId: z.string().max(256, 'must have at most 256 characters').describe('`data.id` of the events, percent-encoded'),
})

const listQuery = z.strictObject({
  cursor: cursor.refine((text) => text === undefined || isTimeCursor(text), 'must be the nextCursor of the page before'),
  limit,
})

/** Holds are the operator's to set and to lift: a key of the tenant must not be able to undo one. */
export function legalHoldRoutes({ legalHolds, keep }: LegalHoldDeps): Route[] {
  const about = { tag: 'Legal holds', path: '/v1/legal-holds/{entityId}', params } as const
  return [
    route({
      method: 'get',
      path: '/v1/legal-holds',
      scope: 'read',
      tag: 'Legal holds',
      summary: 'List the entities under a legal hold',
      description: 'Newest first. A hold on all of a tenant is its setting `legalHold`.',
      query: listQuery,
      responses: { 200: { description: 'A page of holds.', schema: listOf(view, 'LegalHoldList') } },
      handle: async ({ tenantId, query }) => {
        const { data, nextCursor } = await legalHolds.list(tenantId, query)
        return { status: 200, body: { data: data.map(toView), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'get',
      scope: 'read',
      summary: 'Look at the legal hold on an entity',
      responses: { 200: { description: 'The hold.', schema: view } },
      handle: async ({ tenantId, params: { entityId } }) => {
        const hold = found(await legalHolds.get(tenantId, entityId), 'legal hold on the entity', entityId)
        return { status: 200, body: toView(hold) }
      },
    }),
    route({
      ...about,
      method: 'put',
      scope: 'admin',
      summary: 'Put an entity under a legal hold',
      description:
        'Until the hold is lifted, events about the entity stay, with their deliveries and attempts, whatever the retention says. What was to leave within the next minute may be gone in part. Setting it again changes the reason.',
      body: input,
      responses: { 200: { description: 'The hold stands.', schema: view } },
      handle: set,
    }),
    route({
      ...about,
      method: 'delete',
      scope: 'admin',
      summary: 'Lift the legal hold on an entity',
      description: 'What is past its retention begins to leave within a day.',
      responses: { 204: { description: 'Lifted.' } },
      handle: async ({ tenantId, params: { entityId } }) => {
        found((await legalHolds.lift(tenantId, entityId)) || undefined, 'legal hold on the entity', entityId)
        return { status: 204 }
      },
    }),
  ]

  async function set({ tenantId, keyId, params: { entityId }, body }: Call<{ entityId: string }, unknown, z.output<typeof input>>): Promise<Reply> {
    const hold = await legalHolds.set({ tenantId, entityId, reason: body.reason, createdAt: new Date(), setBy: keyId })
    // Only now: whoever marks an event from here on sees the hold.
    await keep(tenantId, [entityId])
    return { status: 200, body: toView(hold) }
  }
}

const toView = ({ entityId, reason, createdAt, setBy }: LegalHold): z.infer<typeof view> => ({
  entityId,
  reason,
  since: createdAt.toISOString(),
  setBy,
})
