import type { Schemas, Tenant } from '../api/client'

/** A tenant as the form has it. */
export interface TenantDraft {
  id: string
  name: string
  parkedFor: string
  expiryNotice: string
  retention: string
  legalHold: boolean
  fourEyes: boolean
  ownershipCheck: boolean
  /** One address a line. */
  notifyEmails: string
}

/** What Herald takes when nothing is said. */
const FIRST: TenantDraft = { id: '', name: '', parkedFor: '30d', expiryNotice: '3d', retention: '90d', legalHold: false, fourEyes: false, ownershipCheck: false, notifyEmails: '' }

export function draftOf(standing: Tenant | undefined): TenantDraft {
  if (!standing) return FIRST
  const { id, name, parkedFor, expiryNotice, retention, legalHold, fourEyes, ownershipCheck, notifyEmails = [] } = standing
  return { id, name, parkedFor, expiryNotice, retention, legalHold, fourEyes, ownershipCheck, notifyEmails: notifyEmails.join('\n') }
}

const addresses = ({ notifyEmails }: TenantDraft): string[] => notifyEmails.split(/[\s,;]+/).filter((text) => text !== '')

const settings = ({ parkedFor, expiryNotice, retention }: TenantDraft) => ({
  parkedFor: parkedFor.trim(),
  expiryNotice: expiryNotice.trim(),
  retention: retention.trim(),
})

export const toCreate = (draft: TenantDraft): Schemas['CreateTenant'] => ({
  id: draft.id.trim(),
  ...settings(draft),
  ...(draft.name.trim() !== '' && { name: draft.name.trim() }),
  ...(draft.legalHold && { legalHold: true }),
  ...(draft.fourEyes && { fourEyes: true }),
  ...(draft.ownershipCheck && { ownershipCheck: true }),
  ...(addresses(draft).length > 0 && { notifyEmails: addresses(draft) }),
})

/** Hold and addresses are said only where they change: an empty list means nobody, null those of the settings. */
export function toPatch(draft: TenantDraft, standing: Tenant): Schemas['PatchTenant'] {
  const emails = addresses(draft)
  const isSame = emails.join('\n') === (standing.notifyEmails ?? []).join('\n')
  return {
    ...settings(draft),
    name: draft.name.trim(),
    ...(draft.legalHold !== standing.legalHold && { legalHold: draft.legalHold }),
    ...(draft.fourEyes !== standing.fourEyes && { fourEyes: draft.fourEyes }),
    ...(draft.ownershipCheck !== standing.ownershipCheck && { ownershipCheck: draft.ownershipCheck }),
    ...(!isSame && { notifyEmails: emails.length > 0 ? emails : null }),
  }
}
