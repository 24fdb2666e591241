import { z } from 'zod'
import type { Portal } from '../portal'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { mine } from './session'
import { named } from './views'

export interface SavedViewDeps {
  portal: Pick<Portal, 'savedViews'>
}

/** So that a list stays one that people can read. */
const MOST = 100
const FILTERS = 20

const name = z.string().trim().min(1).max(80)
const search = z
  .record(z.string().regex(/^\w{1,40}$/, 'must be the name of a filter'), z.string().min(1).max(300))
  .refine((given) => Object.keys(given).length <= FILTERS, `must have at most ${FILTERS} filters`)
  .describe("Filters of the list of deliveries, as the portal's address has them: `{ \"status\": \"parked\", \"since\": \"today\" }`.")

const view = z.object({ id: z.string(), name: z.string(), search: z.record(z.string(), z.string()) })
named.add(view, { id: 'SavedView' })
const views = z.object({ data: z.array(view) })
named.add(views, { id: 'SavedViewList' })
const input = z.strictObject({ name, search })
named.add(input, { id: 'SaveView' })

const params = z.object({ id: z.string() })

/** What people keep for themselves: each their own, apart for each tenant. Nobody's business but theirs, and no part of the audit log. */
export function savedViewRoutes({ portal: { savedViews } }: SavedViewDeps): Route[] {
  const about = { scope: 'session', tag: 'Signing in', audited: false } as const
  return [
    route({
      ...about,
      method: 'get',
      path: '/v1/account/views',
      summary: 'List your saved views',
      description: 'Of the tenant of the request, by name. Who came by a portal link has none: there is no account that could keep them.',
      responses: { 200: { description: 'All of them.', schema: views } },
      handle: async (call) => ({ status: 200, body: { data: await savedViews.list(call.tenantId, ownerOf(call)) } }),
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/account/views',
      summary: 'Save a view',
      description: `One of the same name is replaced. At most ${MOST} in a tenant.`,
      body: input,
      responses: { 200: { description: 'Saved.', schema: view } },
      problems: [409],
      handle: save,
    }),
    route({
      ...about,
      method: 'delete',
      path: '/v1/account/views/{id}',
      summary: 'Remove a saved view',
      params,
      responses: { 204: { description: 'Removed.' } },
      handle: async (call) => {
        const { id } = call.params
        if (!(await savedViews.remove(call.tenantId, ownerOf(call), id))) found(undefined, 'saved view', id)
        return { status: 204 }
      },
    }),
  ]

  async function save(call: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const saved = await savedViews.save(call.tenantId, ownerOf(call), call.body, MOST)
    if (!saved) throw new Problem('conflict', `There are ${MOST} saved views already: remove one first.`)
    return { status: 200, body: saved }
  }
}

function ownerOf(call: Call): string {
  const { user } = mine(call)
  if (!user) throw new Problem('forbidden', 'Who came by a portal link has no account to keep anything with.')
  return user.id
}
