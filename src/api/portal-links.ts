import { z } from 'zod'
import { formatDuration } from '../domain/duration'
import { scopesIn } from '../domain/user'
import type { Portal } from '../portal'
import type { WebhookStore } from '../store/webhooks'
import { mustHave } from './api-keys'
import { invalid, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { begun, carried, type SessionDeps } from './session'
import type { PortalSettings } from './session-cookie'
import { role, sessionView } from './session-view'
import { linkToken } from './setup'
import { named, time } from './views'
import { duration } from './webhook-input'

export interface PortalLinkDeps extends SessionDeps {
  portal: Pick<Portal, 'sessions' | 'signIn' | 'portalLinks'>
  webhooks: Pick<WebhookStore, 'get'>
  portalSettings: PortalSettings
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const EXPIRES_IN = { minMs: 10_000, maxMs: 24 * HOUR_MS, defaultMs: 5 * MINUTE_MS }
const SESSION_FOR = { minMs: MINUTE_MS, maxMs: 12 * HOUR_MS, defaultMs: HOUR_MS }

const input = z.strictObject({
  role: role.default('viewer').describe('What may be done. No more than the caller may; `viewer` when not given. Guests never have the scope `access`: an administrator who came by a link makes no keys, users or links.'),
  expiresIn: duration(EXPIRES_IN).optional().describe(`How long the link waits to be opened; ${formatDuration(EXPIRES_IN.defaultMs)} when not given.`),
  sessionFor: duration(SESSION_FOR).optional().describe(`How long whoever opens it stays; ${formatDuration(SESSION_FOR.defaultMs)} when not given.`),
  name: z.string().trim().min(1).max(200).default('Guest').describe('Who it is for, shown in the portal.'),
  webhookId: z.string().optional().describe('The webhook that the portal shows first. It does not narrow what may be seen: that is all of the tenant.'),
})
named.add(input, { id: 'CreatePortalLink' })

const view = z.object({
  id: z.string().describe('In records of what was done with it.'),
  url: z.string().describe('To be opened once, in a browser or in a frame of a site that HERALD_PORTAL_FRAME_ANCESTORS names. Shown this once.'),
  tenantId: z.string(),
  role,
  expiresAt: time.describe('Until then it can be opened.'),
})
named.add(view, { id: 'PortalLink' })

const openInput = z.strictObject({
  token: linkToken,
  replace: z.boolean().default(false).describe('Ends the session that the browser has, of whomever.'),
})
named.add(openInput, { id: 'OpenPortalLink' })

const openedView = sessionView.extend({ webhookId: z.string().optional().describe('What to show first.') })
named.add(openedView, { id: 'OpenedPortalLink' })

/** Let a bank's own application, which knows its users, show them the portal without another password. */
export function portalLinkRoutes(deps: PortalLinkDeps): Route[] {
  const { portalLinks } = deps.portal
  const about = { tag: 'Portal links' } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/portal-links',
      scope: 'access',
      summary: 'Make a link into the portal',
      description: 'Works once, for the tenant of the caller, for somebody who is no user.',
      body: input,
      responses: { 201: { description: 'Made.', schema: view } },
      handle: make,
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/portal-links/open',
      scope: 'none',
      summary: 'Open a portal link',
      description:
        'What the page of the link does: begins a session, and sets its cookie. In a browser in which a user is signed in, or a guest of another tenant, 409 with `reason: "session_live"` says who (`signedInAs`) and who would be (`link`); with `replace` it is opened all the same.',
      body: openInput,
      responses: { 200: { description: 'The session has begun.', schema: openedView } },
      problems: [404, 409, 503],
      handle: async (call) => {
        if (!call.body.replace) await mustBeFree(call.body.token, call)
        const opened = await portalLinks.open(call.body.token)
        if (!opened) throw new Problem('not-found', 'This link was opened before, or has ended: go back to where you found it and ask for another one.')
        const reply = await begun(deps, opened.session, call)
        return { ...reply, body: { ...(reply.body as object), ...(opened.webhookId !== undefined && { webhookId: opened.webhookId }) } }
      },
    }),
    route({
      ...about,
      method: 'delete',
      path: '/v1/portal-links/{id}',
      scope: 'access',
      summary: 'Revoke a portal link',
      description: 'Also ends the session that was begun with it.',
      params: z.object({ id: z.string() }),
      responses: { 204: { description: 'It lets nobody in any more.' } },
      handle: async ({ tenantId, params: { id } }) => {
        await portalLinks.revoke(tenantId, id)
        return { status: 204 }
      },
    }),
  ]

  /** Whoever can make somebody open a link must not change, unseen, as whom and in which tenant they work. */
  async function mustBeFree(token: string, call: Call): Promise<void> {
    const [before] = await Promise.all(deps.cookies.read(carried(call)).map((each) => deps.portal.sessions.resolve(each, { isUse: false })))
    const guest = before && (await portalLinks.look(token))
    if (!guest || (before.link && before.link.grant.tenantId === guest.grant.tenantId)) return
    const { tenantId, role: given } = guest.grant
    const signedInAs = before.user?.name ?? before.link?.name ?? ''
    const tenant = (await deps.tenants.get(tenantId))?.name ?? tenantId
    throw new Problem('conflict', `This browser is signed in as ${signedInAs}. Opening the link ends that, and goes on as ${guest.name} in ${tenant}: send "replace": true to do so.`, {
      members: { reason: 'session_live', signedInAs, link: { name: guest.name, tenantId, tenant, role: given } },
    })
  }

  async function make({ tenantId, keyId, scopes, body, from }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { role: given, expiresIn = EXPIRES_IN.defaultMs, sessionFor = SESSION_FOR.defaultMs, name, webhookId } = body
    mustHave(scopes, scopesIn([{ tenantId, role: given }], tenantId))
    if (webhookId !== undefined && !(await deps.webhooks.get(tenantId, webhookId))) {
      throw invalid([{ path: 'webhookId', message: 'is not known in this tenant: it may have been deleted' }])
    }
    const link = await portalLinks.make({ tenantId, role: given, name, madeBy: keyId, expiresInMs: expiresIn, sessionMs: sessionFor, ...(webhookId !== undefined && { webhookId }) })
    const url = `${deps.portalSettings.publicUrl ?? from.url}/portal/link#token=${link.token}`
    return { status: 201, body: { id: link.id, url, tenantId, role: given, expiresAt: link.expiresAt.toISOString() } }
  }
}
