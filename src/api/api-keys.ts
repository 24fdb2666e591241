import { z } from 'zod'
import { SCOPES, type ApiKey, type Scope } from '../domain/api-key'
import type { ApiKeyStore } from '../store/api-keys'
import { newKey } from './key-token'
import { found, Problem } from './problem'
import { route, type Route } from './route'
import { listOf, named, paging, time } from './views'

export interface ApiKeyDeps {
  apiKeys: Pick<ApiKeyStore, 'insert' | 'list' | 'revoke'>
}

const view = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: time,
  revokedAt: time.optional(),
})
named.add(view, { id: 'ApiKey' })

const createdView = view.extend({ key: z.string().describe('Shown this once; only its hash is kept.') })
named.add(createdView, { id: 'CreatedApiKey' })

const input = z.strictObject({
  name: z.string().min(1).max(200).describe('Who uses it'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .describe('No more than the caller has. `access` makes keys and users; `admin` may do everything, in every tenant; the others hold for the tenant of the key.'),
})
named.add(input, { id: 'CreateApiKey' })

/** Keys are made for the tenant that the caller acts for. */
export function apiKeyRoutes({ apiKeys }: ApiKeyDeps): Route[] {
  const about = { scope: 'access', tag: 'API keys' } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/api-keys',
      summary: 'Make an API key',
      description: 'For the tenant `default`, or the one that the header Herald-Tenant names.',
      body: input,
      responses: { 201: { description: 'Made. The key is shown this once.', schema: createdView } },
      handle: async ({ tenantId, scopes, body }) => {
        mustHave(scopes, body.scopes)
        const { id, token, hash } = newKey()
        const key = { id, tenantId, name: body.name, scopes: [...new Set(body.scopes)], createdAt: new Date() }
        await apiKeys.insert(key, hash)
        return { status: 201, body: { ...toView(key), key: token } }
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/api-keys',
      summary: 'List API keys',
      query: paging,
      responses: { 200: { description: 'A page of keys, newest first.', schema: listOf(view, 'ApiKeyList') } },
      handle: async ({ tenantId, query }) => {
        const { data, nextCursor } = await apiKeys.list(tenantId, query)
        return { status: 200, body: { data: data.map(toView), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'delete',
      path: '/v1/api-keys/{id}',
      summary: 'Revoke an API key',
      description: 'Holds at once, and within a second in other processes of Herald.',
      params: z.object({ id: z.string() }),
      responses: { 204: { description: 'Revoked.' } },
      handle: async ({ tenantId, params: { id } }) => {
        found((await apiKeys.revoke(tenantId, id)) || undefined, 'API key', id)
        return { status: 204 }
      },
    }),
  ]
}

/** Nobody gives more than they have. */
export function mustHave(mine: readonly Scope[], given: readonly Scope[]): void {
  const missing = given.filter((scope) => !mine.includes('admin') && !mine.includes(scope))
  if (missing.length === 0) return
  throw new Problem('forbidden', `You cannot give what you do not have yourself: ${missing.join(', ')}. You have: ${mine.join(', ')}.`)
}

const toView = ({ id, tenantId, name, scopes, createdAt, revokedAt }: ApiKey): z.infer<typeof view> => ({
  id,
  tenantId,
  name,
  scopes,
  createdAt: createdAt.toISOString(),
  ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
})
