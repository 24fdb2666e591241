import { z } from 'zod'
import { SCOPES, type ApiKey, type Scope } from '../domain/api-key'
import type { ApiKeyStore } from '../store/api-keys'
import { newKey } from './key-token'
import { found, Problem } from './problem'
import { route, type Route } from './route'
import { listOf, named, paging, time } from './views'

export interface ApiKeyDeps {
  apiKeys: Pick<ApiKeyStore, 'insert' | 'get' | 'list' | 'revoke'>
}

const view = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: time,
  createdBy: z.string().optional().describe('The id of the user or of the API key that made it; `admin` is the admin key. Not kept of keys that were made before Herald kept it.'),
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
      handle: async ({ tenantId, keyId, scopes, body }) => {
        mustHave(scopes, body.scopes)
        const { id, token, hash } = newKey()
        const key = { id, tenantId, name: body.name, scopes: [...new Set(body.scopes)], createdAt: new Date(), createdBy: keyId }
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
      description: 'Holds at once, and within a second in other processes of Herald. Takes the scopes that the key has.',
      params: z.object({ id: z.string() }),
      responses: { 204: { description: 'Revoked.' } },
      handle: async ({ tenantId, scopes, params: { id } }) => {
        const key = found(await apiKeys.get(tenantId, id), 'API key', id)
        mustHave(scopes, key.scopes, 'take away')
        await apiKeys.revoke(tenantId, id)
        return { status: 204 }
      },
    }),
  ]
}

/** Nobody gives, or takes away, more than they have. */
export function mustHave(mine: readonly Scope[], given: readonly Scope[], act: 'give' | 'take away' = 'give'): void {
  const missing = given.filter((scope) => !mine.includes('admin') && !mine.includes(scope))
  if (missing.length === 0) return
  throw new Problem('forbidden', `You cannot ${act} what you do not have yourself: ${missing.join(', ')}. You have: ${mine.join(', ')}.`)
}

const toView = ({ id, tenantId, name, scopes, createdAt, createdBy, revokedAt }: ApiKey): z.infer<typeof view> => ({
  id,
  tenantId,
  name,
  scopes,
  createdAt: createdAt.toISOString(),
  ...(createdBy !== undefined && { createdBy }),
  ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
})
