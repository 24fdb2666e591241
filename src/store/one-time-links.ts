import type { LinkGuest } from './sessions'
import type { Models } from './models'
import type { OneTimeLinkRecord } from './records'

/** What else is done once the new password is chosen, and not while the old one still holds. */
export interface OnUse {
  disableTotp?: boolean
  enable?: boolean
}

/** What a link leads to, once. */
export type LinkPurpose =
  /** Makes the first administrator. */
  | { kind: 'setup' }
  /** Lets a user choose a password: after an invitation, or when the old one is lost. */
  | ({ kind: 'password'; userId: string } & OnUse)
  /** Lets somebody into the portal who is no user. */
  | { kind: 'portal'; guest: LinkGuest; sessionMs: number; webhookId?: string }

export type OneTimeLink = LinkPurpose & {
  /** SHA-256 of the token in the link, in hex. */
  id: string
  expiresAt: Date
}

export interface OneTimeLinkStore {
  insert: (link: OneTimeLink) => Promise<void>
  /** Looks without using it up. */
  find: (id: string) => Promise<OneTimeLink | undefined>
  /** Uses it up: of several callers one gets it. */
  take: (id: string) => Promise<OneTimeLink | undefined>
  dropSetup: () => Promise<void>
  dropOfUser: (userId: string) => Promise<void>
  dropPortal: (tenantId: string, linkId: string) => Promise<void>
}

const toLink = (record: OneTimeLinkRecord | null): OneTimeLink | undefined => {
  if (!record) return undefined
  const { _id, ...rest } = record
  return { id: _id, ...rest } as OneTimeLink
}

export function createOneTimeLinkStore({ oneTimeLinks: links }: Models): OneTimeLinkStore {
  const valid = (id: string) => ({ _id: id, expiresAt: { $gt: new Date() } })
  return {
    insert: async ({ id, ...link }) => void (await links.create({ _id: id, ...link })),
    find: async (id) => toLink(await links.findOne(valid(id)).lean<OneTimeLinkRecord>()),
    take: async (id) => toLink(await links.findOneAndDelete(valid(id)).lean<OneTimeLinkRecord>()),
    dropSetup: async () => void (await links.deleteMany({ kind: 'setup' })),
    dropOfUser: async (userId) => void (await links.deleteMany({ kind: 'password', userId })),
    dropPortal: async (tenantId, linkId) =>
      void (await links.deleteMany({ kind: 'portal', 'guest.linkId': linkId, 'guest.grant.tenantId': tenantId })),
  }
}
