import type { Actor, FieldChange } from './audit'

export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'overtaken'] as const
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number]

const DAY_MS = 86_400_000
export const APPROVAL = {
  /** Nobody approves later what was shown then. */
  lastsMs: 7 * DAY_MS,
  /** How long the record stays after that; the audit log has its lines for good. */
  keptMs: 90 * DAY_MS,
  /** Whoever was let in is no second person any sooner, nor asks for those who let them in: a puppet would be seen by then. */
  newcomerMs: 3 * DAY_MS,
  mostPending: 100,
} as const

const DAYS = APPROVAL.newcomerMs / DAY_MS

/** Who did something, and which person answers for it: of an API key, whoever made it. */
export interface Deed extends Actor {
  name?: string
  /** The id of a user, `admin` for whoever has the admin key. */
  person: string
}

/** A change that waits for a second person, or did. */
export interface Approval {
  id: string
  tenantId: string
  status: ApprovalStatus
  /** `PATCH /v1/webhooks/{id}` */
  operation: string
  /** The ids of what it is about. */
  targets: string[]
  /** What people call that. */
  about: string
  changes: FieldChange[]
  requestedBy: Deed
  requestedAt: Date
  /** Who let the asker in, where that is not long ago, who let those in, and so on: the asker may be their puppet. */
  letInBy?: string[]
  expiresAt: Date
  decidedBy?: Deed
  decidedAt?: Date
  reason?: string
  /** Somebody has approved it, and it is being made. */
  applyingSince?: Date
  /** Herald was stopped while it was being made, or has lost sight of it: nobody can say whether it was. */
  mayBeMade?: true
}

/** Among those who let somebody in: one who cannot be told any more, and may be anybody. */
export const UNKNOWN_PERSON = 'unknown'

/** Whoever might decide: who they stand for, and since when there is that user. */
export interface Decider extends Pick<Deed, 'kind' | 'person'> {
  since?: Date
}

/** Why they may not approve it; nothing when they may. */
export function whyNotApprove({ requestedBy, requestedAt, letInBy = [] }: Pick<Approval, 'requestedBy' | 'requestedAt' | 'letInBy'>, decider: Decider): string | undefined {
  const { kind, person, since } = decider
  if (kind === 'link' || kind === 'nobody') return 'Who came by a portal link approves nothing: sign in as a user.'
  if (person === requestedBy.person) return 'It was asked for by you, or with an API key that stands for you: a second person has to approve it.'
  // Whoever runs a service has its key, and whoever has the admin key may be a user as well: two persons that are one.
  if (kind === 'key') return 'A key approves nothing, the admin key neither, since it says nothing of which person has it: sign in as a user.'
  if (since && isNewcomer(since, requestedAt)) return `You were let in less than ${DAYS} days before this was asked for: somebody who was here before has to approve it.`
  if (letInBy.includes(person) || letInBy.includes(UNKNOWN_PERSON)) return `Who asks for this was let in less than ${DAYS} days before, and that by you, by somebody whom you let in, or by somebody who is not here any more: somebody else has to approve it.`
  return undefined
}

export const isNewcomer = (since: Date, at: Date): boolean => since.getTime() > at.getTime() - APPROVAL.newcomerMs
