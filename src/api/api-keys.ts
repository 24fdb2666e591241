import { z } from 'zod'
import { SCOPES, type ApiKey, type Scope } from '../domain/api-key'
import type { ApiKeyStore } from '../store/api-keys'
import { newKey } from './key-token'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { listOf, named, paging, time } from './views'
import { duration } from './webhook-input'

export interface ApiKeyDeps {
  apiKeys: Pick<ApiKeyStore, 'insert' | 'get' | 'list' | 'retire' | 'revoke'>
}

const view = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: time,
  createdBy: z.string().optional().describe('The id of the user or of the API key that made it; `admin` is the admin key. Not kept of keys that were made before Herald kept it.'),
  rotatedFrom: z.string().optional().describe('The key that it takes the place of.'),
  expiresAt: time.optional().describe('It holds until then; without it, until it is revoked.'),
  lastUsedAt: time.optional().describe('To the minute. None: it was not used yet.'),
  revokedAt: time.optional(),
})
named.add(view, { id: 'ApiKey' })

const createdView = view.extend({ key: z.string().describe('Shown this once; only its hash is kept.') })
named.add(createdView, { id: 'CreatedApiKey' })

const DAY_MS = 86_400_000
const lifetime = duration({ minMs: 60_000, maxMs: 3_650 * DAY_MS })
const OVERLAP = { minMs: 0, maxMs: 30 * DAY_MS, defaultMs: DAY_MS }

const input = z.strictObject({
  name: z.string().min(1).max(200).describe('Who uses it'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .describe('No more than the caller has. `read` shows event data and answers masked, `data` besides it as they are (keys from before there was `data` have it with `read`); `reveal` shows signing secrets again, `erase` removes data for good; `access` makes keys and users; `admin` may do everything, in every tenant; the others hold for the tenant of the key.'),
  expiresIn: lifetime.optional().describe('How long it holds, such as `90d`; until it is revoked when not given.'),
})
named.add(input, { id: 'CreateApiKey' })

const rotateInput = z.strictObject({
  overlap: duration(OVERLAP).optional().describe('How long the old key still holds: time to give the new one to who uses it; 1d when not given.'),
  expiresIn: lifetime.optional().describe('How long the new key holds; as long as the old one was made for when not given.'),
})
named.add(rotateInput, { id: 'RotateApiKey' })

const keyParams = z.object({ id: z.string() })

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
      handle: (call) => make(call, { name: call.body.name, scopes: [...new Set(call.body.scopes)] }, call.body.expiresIn),
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/api-keys/{id}/rotate',
      summary: 'Rotate an API key',
      description: 'Makes another key of the same name and scopes; the old one holds for a while longer (`overlap`), then expires. `lastUsedAt` says who still uses it.',
      params: keyParams,
      body: rotateInput,
      responses: { 201: { description: 'Made. The key is shown this once.', schema: createdView } },
      problems: [409],
      handle: rotate,
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
      params: keyParams,
      responses: { 204: { description: 'Revoked.' } },
      handle: async ({ tenantId, scopes, params: { id } }) => {
        const key = found(await apiKeys.get(tenantId, id), 'API key', id)
        mustHave(scopes, key.scopes, 'take away')
        await apiKeys.revoke(tenantId, id)
        return { status: 204 }
      },
    }),
  ]

  async function make({ tenantId, keyId, scopes }: Call, like: Pick<ApiKey, 'name' | 'scopes' | 'rotatedFrom'>, lifetimeMs?: number): Promise<Reply> {
    mustHave(scopes, like.scopes)
    const { id, token, hash } = newKey()
    const now = Date.now()
    const expiresAt = lifetimeMs === undefined ? {} : { expiresAt: new Date(now + lifetimeMs) }
    const key = { id, tenantId, ...like, createdAt: new Date(now), createdBy: keyId, ...expiresAt }
    await apiKeys.insert(key, hash)
    return { status: 201, body: { ...toView(key), key: token } }
  }

  /** The new one first: should Herald end in between, the old one still holds. */
  async function rotate(call: Call<z.output<typeof keyParams>, unknown, z.output<typeof rotateInput>>): Promise<Reply> {
    const { tenantId, params: { id }, body } = call
    const { name, scopes, createdAt, expiresAt, revokedAt, rotatedAt } = found(await apiKeys.get(tenantId, id), 'API key', id)
    if (revokedAt ?? (expiresAt && expiresAt.getTime() <= Date.now())) {
      throw new Problem('conflict', `The API key ${id} does not hold any more, so that there is nothing to rotate: POST /v1/api-keys makes another one.`)
    }
    if (rotatedAt) throw new Problem('conflict', `The API key ${id} was rotated before: rotate the one that took its place, or revoke this one.`)
    const reply = await make(call, { name, scopes, rotatedFrom: id }, body.expiresIn ?? (expiresAt && expiresAt.getTime() - createdAt.getTime()))
    await apiKeys.retire(tenantId, id, new Date(Date.now() + (body.overlap ?? OVERLAP.defaultMs)))
    return reply
  }
}

/** Nobody gives, or takes away, more than they have. */
export function mustHave(mine: readonly Scope[], given: readonly Scope[], act: 'give' | 'take away' = 'give'): void {
  const missing = given.filter((scope) => !mine.includes('admin') && !mine.includes(scope))
  if (missing.length === 0) return
  throw new Problem('forbidden', `You cannot ${act} what you do not have yourself: ${missing.join(', ')}. You have: ${mine.join(', ')}.`)
}

const toView = ({ id, tenantId, name, scopes, createdAt, createdBy, rotatedFrom, expiresAt, lastUsedAt, revokedAt }: ApiKey): z.infer<typeof view> => ({
  id,
  tenantId,
  name,
  scopes,
  createdAt: createdAt.toISOString(),
  ...(createdBy !== undefined && { createdBy }),
  ...(rotatedFrom !== undefined && { rotatedFrom }),
  ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
  ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
  ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
})
