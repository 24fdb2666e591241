import type { Actor, FieldChange } from './audit'

export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'overtaken'] as const
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number]

const DAY_MS = 86_400_000
export const APPROVAL = {
  /** Nobody approves later what was shown then. */
  lastsMs: 7 * DAY_MS,
  /** How long the record stays after that; the audit log has its lines for good. */
  keptMs: 90 * DAY_MS,
  /** Whom somebody has invited is no second person for them any sooner: a puppet would be seen by then. */
  newcomerMs: 3 * DAY_MS,
  mostPending: 100,
} as const

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
  expiresAt: Date
  decidedBy?: Deed
  decidedAt?: Date
  reason?: string
  /** Somebody has approved it, and it is being made. */
  applyingSince?: Date
}

/** Whoever might decide: who they stand for, and when and by whom that user was let in. */
export interface Decider {
  kind: Actor['kind']
  person: string
  newcomer?: { by: string; at: Date }
}

/** Why they may not approve it; nothing when they may. */
export function whyNotApprove({ requestedBy, requestedAt }: Pick<Approval, 'requestedBy' | 'requestedAt'>, { kind, person, newcomer }: Decider): string | undefined {
  if (kind === 'link' || kind === 'nobody') return 'Who came by a portal link approves nothing: sign in as a user.'
  if (person === requestedBy.person) return 'It was asked for by you, or with an API key that stands for you: a second person has to approve it.'
  const since = requestedAt.getTime() - APPROVAL.newcomerMs
  if (newcomer?.by === requestedBy.person && newcomer.at.getTime() > since) {
    return `You were invited by who asks for this, less than ${APPROVAL.newcomerMs / DAY_MS} days before: somebody else has to approve it.`
  }
  return undefined
}
