import { newId } from '../domain/ids'
import type { Role } from '../domain/user'
import type { OneTimeLinkStore } from '../store/one-time-links'
import type { LinkGuest } from '../store/sessions'
import type { LiveSession, Sessions } from './sessions'
import { newSecretToken, tokenId } from './tokens'

export interface PortalLinkOrder {
  tenantId: string
  role: Role
  /** Who it is for. */
  name: string
  /** The user or API key that makes it. */
  madeBy: string
  /** How long it waits to be opened. */
  expiresInMs: number
  /** How long the session that it opens lasts. */
  sessionMs: number
  /** What the portal shows first. */
  webhookId?: string
}

export interface PortalLink {
  id: string
  token: string
  expiresAt: Date
}

export interface PortalLinks {
  make: (order: PortalLinkOrder) => Promise<PortalLink>
  /** Whom it would let in; it still works after that. */
  look: (token: string) => Promise<LinkGuest | undefined>
  /** Works once; none when the link is not valid, or not any more. */
  open: (token: string) => Promise<{ session: LiveSession; webhookId?: string } | undefined>
  /** Also ends the session that it has opened. */
  revoke: (tenantId: string, id: string) => Promise<void>
}

export interface PortalLinksDeps {
  links: OneTimeLinkStore
  sessions: Pick<Sessions, 'ofGuest' | 'end' | 'endOfLink'>
}

export function createPortalLinks({ links, sessions }: PortalLinksDeps): PortalLinks {
  return {
    make: async ({ tenantId, role, name, madeBy, expiresInMs, sessionMs, webhookId }) => {
      const [id, token, expiresAt] = [newId('link'), newSecretToken(), new Date(Date.now() + expiresInMs)]
      const guest = { linkId: id, name, madeBy, grant: { tenantId, role } }
      await links.insert({ kind: 'portal', id: tokenId(token), expiresAt, guest, sessionMs, ...(webhookId !== undefined && { webhookId }) })
      return { id, token, expiresAt }
    },
    look: async (token) => {
      const link = await links.find(tokenId(token))
      return link?.kind === 'portal' ? link.guest : undefined
    },
    open: async (token) => {
      const id = tokenId(token)
      // Looked at first: a link of another kind is not used up by mistake.
      const link = await links.find(id)
      if (link?.kind !== 'portal') return undefined
      // Before the link is taken, so that revoking, which drops the link first, leaves none behind.
      const session = await sessions.ofGuest(link.guest, link.sessionMs)
      if (!(await links.take(id))) {
        await sessions.end(session)
        return undefined
      }
      return { session, ...(link.webhookId !== undefined && { webhookId: link.webhookId }) }
    },
    revoke: async (tenantId, id) => {
      await links.dropPortal(tenantId, id)
      await sessions.endOfLink(tenantId, id)
    },
  }
}
