/** Who did something: an API key, somebody who has signed in, a portal link, or nobody that is known. */
export interface Actor {
  kind: 'key' | 'user' | 'link' | 'nobody'
  id: string
}

/** What a change made of a field that everybody who may read the thing sees: JSON text, shortened; nothing where there was none. */
export interface FieldChange {
  field: string
  before?: string
  after?: string
  /** It was set to something that is never shown. */
  hidden?: true
}

/** One thing that was asked for and what became of it. Of the body only the names of its fields. */
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
  /** The HTTP status that was answered. None in the line that is written before a change is begun. */
  status?: number
  /** The IP address that it came from. */
  from: string
  /** The key of the line that said that it would be begun. */
  begun?: string
  changes?: FieldChange[]
}

/** An entry in its tenant's book. */
export interface AuditLine extends AuditEntry {
  /** Counts from 1 without a gap. */
  number: number
  /** Over this line and the hash of the one before. */
  hash: string
}

export type Verdict =
  /** `open`: numbers of the lines whose change was begun and has no end on record, the newest ones. */
  | { kind: 'whole'; lines: number; lastHash: string; open: number[] }
  /** The first place that is not as it was written. */
  | { kind: 'broken'; line: number; why: string }
