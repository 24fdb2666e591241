/** Who did something: an API key, somebody who has signed in, a portal link, or nobody that is known. */
export interface Actor {
  kind: 'key' | 'user' | 'link' | 'nobody'
  id: string
}

/** One thing that was asked for and what became of it. Names of fields, never their values: it has no secret by its form. */
export interface AuditEntry {
  tenantId: string
  at: Date
  actor: Actor
  /** The operation: `POST /v1/webhooks/{id}/pause`. */
  action: string
  /** The ids that it was about. */
  target: string[]
  /** The fields of the body that was sent. */
  fields: string[]
  /** The HTTP status that was answered. */
  status: number
  /** The IP address that it came from. */
  from: string
}

/** An entry in its tenant's book. */
export interface AuditLine extends AuditEntry {
  /** Counts from 1 without a gap. */
  number: number
  /** Over this line and the hash of the one before. */
  hash: string
}

export type Verdict =
  | { kind: 'whole'; lines: number; lastHash: string }
  /** The first place that is not as it was written. */
  | { kind: 'broken'; line: number; why: string }
