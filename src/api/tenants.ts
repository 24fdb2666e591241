import { z } from 'zod'
import { changesBetween, changesInFull } from '../domain/changes'
import { formatDuration } from '../domain/duration'
import { EXPIRY_NOTICE, PARKED_FOR, RETENTION, TENANT_ID_PATTERN, type Tenant } from '../domain/tenant'
import type { Retention } from '../steering/retention'
import type { TenantStore } from '../store/tenants'
import { invalid, Problem } from './problem'
import { route, type Call, type Planned, type Reply, type Route } from './route'
import { listOf, named, paging, time } from './views'
import { duration } from './webhook-input'

export interface TenantDeps {
  tenants: TenantStore
  keep: Retention['keep']
}

const view = z.object({
  id: z.string(),
  name: z.string(),
  parkedFor: z.string().describe('How long a parked delivery waits for a person before it expires.'),
  expiryNotice: z.string().describe('How long before that the notice is given.'),
  retention: z.string().describe('How long an event stays, with its deliveries and attempts, after its last delivery is final.'),
  legalHold: z.boolean().describe('Whether everything stays, whatever the retention says. Of single entities: `/v1/legal-holds`.'),
  legalHoldSince: time.optional(),
  suspendedAt: time.optional().describe('Since when its keys and users are refused.'),
  fourEyes: z.boolean().describe('Whether new webhooks, and changes of URLs, credentials and secrets, wait for a second person.'),
  ownershipCheck: z.boolean().describe('Whether a webhook with a new URL is held until its endpoint has answered a signed challenge.'),
  notifyEmails: z.array(z.string()).optional().describe('Who gets the digests of what Herald reports; else those whom the settings name.'),
  createdAt: time,
})
named.add(view, { id: 'Tenant' })

const notifyEmails = z.array(z.email()).max(20).describe('Where Herald sends e-mail: who gets the digests of what it reports of this tenant. An empty list: nobody.')

const settings = {
  name: z.string().min(1).max(200).optional(),
  parkedFor: duration(PARKED_FOR).optional(),
  expiryNotice: duration({ minMs: 0, maxMs: PARKED_FOR.maxMs }).optional(),
  retention: duration(RETENTION).optional(),
  legalHold: z.boolean().optional(),
  fourEyes: z.boolean().optional().describe('Whether new webhooks, and changes of URLs, credentials and secrets, wait for a second person (`/v1/approvals`). Switching it, or ownershipCheck, off waits for one, too.'),
  ownershipCheck: z.boolean().optional().describe('Whether a webhook with a new URL is held until its endpoint has answered a signed challenge (`POST /v1/webhooks/{id}/verify`). Counts for URLs that are set from then on.'),
}

const input = z.strictObject({
  id: z
    .string()
    .regex(TENANT_ID_PATTERN, 'must have 1 to 40 characters of a-z, 0-9 and -, and not begin with -'),
  ...settings,
  notifyEmails: notifyEmails.optional(),
})
named.add(input, { id: 'CreateTenant' })

const suspended = z
  .boolean()
  .describe('Whether its keys, users and portal links are refused, with 403, within a second in all processes. What was accepted before is delivered; admin keys act for it as before.')
const patchInput = z.strictObject({ ...settings, suspended: suspended.optional(), notifyEmails: notifyEmails.nullish().describe('null: again those whom the settings name.') })
named.add(patchInput, { id: 'PatchTenant' })

const params = z.object({ id: z.string() })
type PatchCall = Call<z.output<typeof params>, unknown, z.output<typeof patchInput>>

export function tenantRoutes({ tenants, keep }: TenantDeps): Route[] {
  const about = { scope: 'admin', tag: 'Tenants' } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/tenants',
      summary: 'Make a tenant',
      body: input,
      responses: { 201: { description: 'Made.', schema: view } },
      problems: [409],
      handle: create,
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/tenants',
      summary: 'List tenants',
      query: paging,
      responses: { 200: { description: 'A page of tenants.', schema: listOf(view, 'TenantList') } },
      handle: async ({ query }) => {
        const { data, nextCursor } = await tenants.list(query)
        return { status: 200, body: { data: data.map(toView), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/tenants/{id}',
      summary: 'Look at a tenant',
      params,
      responses: { 200: { description: 'The tenant.', schema: view } },
      handle: async ({ params: { id } }) => ({ status: 200, body: toView(await existing(id)) }),
    }),
    route({
      ...about,
      method: 'patch',
      path: '/v1/tenants/{id}',
      summary: 'Change the settings of a tenant',
      description:
        'What is parked already keeps the time that it was parked for. A retention counts within a day for everything that has not left, and a hold at once: what was to leave within the next minute may be gone in part.',
      params,
      body: patchInput,
      responses: { 200: { description: 'Changed.', schema: view } },
      plan: { make: planPatch, tenantOf: ({ params: { id } }) => id },
      handle: patch,
    }),
  ]

  async function existing(id: string): Promise<Tenant> {
    const tenant = await tenants.get(id)
    if (!tenant) throw new Problem('not-found', `There is no tenant ${JSON.stringify(id)}; POST /v1/tenants makes one.`)
    return tenant
  }

  async function create({ body }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { id, name = id, parkedFor = PARKED_FOR.defaultMs, retention = RETENTION.defaultMs, legalHold, fourEyes, ownershipCheck, notifyEmails } = body
    const expiryNoticeMs = body.expiryNotice ?? Math.min(EXPIRY_NOTICE.defaultMs, parkedFor)
    const createdAt = new Date()
    const held = legalHold ? { legalHoldSince: createdAt } : {}
    const tenant = { id, name, createdAt, parkedForMs: parkedFor, expiryNoticeMs, retentionMs: retention, ...held, ...(fourEyes && { fourEyes }), ...(ownershipCheck && { ownershipCheck }), ...(notifyEmails && { notifyEmails }) }
    mustFit(tenant)
    if (!(await tenants.insert(tenant))) throw new Problem('conflict', `The tenant "${id}" exists already; choose another id.`)
    return { status: 201, body: toView(tenant) }
  }

  async function patch(call: PatchCall): Promise<Reply> {
    const { params: { id }, body } = call
    const { before, after } = await write(call)
    // Only now: whoever marks an event from here on sees the hold.
    if (body.legalHold) await keep(id)
    return { status: 200, body: toView(after), done: { changes: changesOf(toView(before), toView(after), body) } }
  }

  /** Upon what stands: where another request changes it in this moment, the change is judged anew upon that. */
  async function write(call: PatchCall, tries = MOST_TRIES): Promise<{ before: Tenant; after: Tenant }> {
    const { params: { id }, body, given } = call
    const before = await existing(id)
    given?.mustStandOn?.(settingsOf(before))
    if (before.fourEyes && weakens(body) && !given?.isApproved) throw new Problem('conflict', 'Somebody has asked for a second person in this moment: send the change again.')
    const change = changeOf(body, before)
    mustFit({ ...before, ...change })
    const after = await tenants.update(before, change)
    if (after) return { before, after }
    if (tries === 1) throw new Problem('conflict', 'The settings of the tenant are being changed by other requests in this moment: look at them, and send the change again.')
    return write(call, tries - 1)
  }

  /** What weakens the control that others rely on. */
  async function planPatch({ params: { id }, body }: PatchCall): Promise<Planned | undefined> {
    if (!weakens(body)) return undefined
    const before = await existing(id)
    const { legalHold, suspended } = body
    const { notifyEmails: _hidden, legalHoldSince: _since, suspendedAt: _at, ...set } = changeOf(body, before)
    const now = { ...before, ...set }
    mustFit(now)
    const shown = settingsOf(before)
    const after = { ...toView(now), legalHold: legalHold ?? shown.legalHold, suspended: suspended ?? shown.suspended }
    return { targets: [id], about: `Settings of ${before.name}`, changes: changesInFull(withoutAddresses(shown), withoutAddresses(after), hiddenOf(body)), state: shown }
  }
}

/** Whatever comes before a try is a change that was made: people do not make so many in one moment. */
const MOST_TRIES = 10

const weakens = ({ fourEyes, ownershipCheck }: z.output<typeof patchInput>): boolean => fourEyes === false || ownershipCheck === false

/** A hold, or a suspension, that stands keeps its time. */
const changeOf = ({ name, parkedFor, expiryNotice, retention, legalHold, suspended, fourEyes, ownershipCheck, notifyEmails }: z.output<typeof patchInput>, before: Tenant) => ({
  ...(name !== undefined && { name }),
  ...(parkedFor !== undefined && { parkedForMs: parkedFor }),
  ...(expiryNotice !== undefined && { expiryNoticeMs: expiryNotice }),
  ...(retention !== undefined && { retentionMs: retention }),
  ...(fourEyes !== undefined && { fourEyes }),
  ...(ownershipCheck !== undefined && { ownershipCheck }),
  ...(notifyEmails !== undefined && { notifyEmails }),
  ...(legalHold !== undefined && { legalHoldSince: legalHold ? (before.legalHoldSince ?? new Date()) : null }),
  ...(suspended !== undefined && { suspendedAt: suspended ? (before.suspendedAt ?? new Date()) : null }),
})

const changesOf = (before: z.infer<typeof view>, after: z.infer<typeof view>, body: z.output<typeof patchInput>) =>
  changesBetween(withoutAddresses(before), withoutAddresses(after), hiddenOf(body))

const settingsOf = (tenant: Tenant) => ({ ...toView(tenant), suspended: tenant.suspendedAt !== undefined })

/** Addresses of people are not kept for good. */
const withoutAddresses = (shown: z.infer<typeof view>) => ({ ...shown, notifyEmails: undefined })
const hiddenOf = ({ notifyEmails }: z.output<typeof patchInput>): string[] => (notifyEmails === undefined ? [] : ['notifyEmails'])

function mustFit({ parkedForMs, expiryNoticeMs }: Pick<Tenant, 'parkedForMs' | 'expiryNoticeMs'>): void {
  if (expiryNoticeMs <= parkedForMs) return
  throw invalid([{ path: 'expiryNotice', message: `must not be longer than parkedFor (${formatDuration(parkedForMs)})` }])
}

const toView = ({ id, name, parkedForMs, expiryNoticeMs, retentionMs, legalHoldSince, suspendedAt, fourEyes = false, ownershipCheck = false, notifyEmails, createdAt }: Tenant): z.infer<typeof view> => ({
  id,
  name,
  parkedFor: formatDuration(parkedForMs),
  expiryNotice: formatDuration(expiryNoticeMs),
  retention: formatDuration(retentionMs),
  legalHold: legalHoldSince !== undefined,
  ...(legalHoldSince && { legalHoldSince: legalHoldSince.toISOString() }),
  ...(suspendedAt && { suspendedAt: suspendedAt.toISOString() }),
  fourEyes,
  ownershipCheck,
  ...(notifyEmails && { notifyEmails }),
  createdAt: createdAt.toISOString(),
})
