import type { WebhookSecrets } from './webhook'

/** For so long the secrets of before sign as well, so that a receiver can change over without a gap. */
export const OVERLAP = { defaultMs: 86_400_000, minMs: 0, maxMs: 7 * 86_400_000 } as const

/** Each costs a signature in every POST, and a receiver has to try them all. */
export const MOST_LIVE_SECRETS = 3

/** Was replaced, and signs until its time. */
export interface RetiringSecret {
  secret: string
  /** ISO 8601: it is sealed as JSON. */
  until: string
}

const retiringAt = ({ retiring = [] }: WebhookSecrets, now: Date): RetiringSecret[] => retiring.filter(({ until }) => new Date(until) > now)

/** Those that sign at this time, the newest first: a receiver takes a POST when one of the signatures is right (Standard Webhooks). */
export const liveSecrets = (secrets: WebhookSecrets, now: Date): string[] => [
  ...secrets.signingSecrets,
  ...retiringAt(secrets, now).map(({ secret }) => secret),
]

/** For whoever may see them. */
export const revealed = (secrets: WebhookSecrets, now: Date): { current?: string; retiring: RetiringSecret[] } => ({
  current: secrets.signingSecrets[0],
  retiring: retiringAt(secrets, now),
})

/** When those that were replaced end, the newest first. */
export const retirements = (secrets: WebhookSecrets, now: Date): string[] => retiringAt(secrets, now).map(({ until }) => until)

export type Rotation = { kind: 'rotated'; secrets: WebhookSecrets } | { kind: 'too many'; nextEnds: string }

/** `fresh` signs from now on, and those of before for `overlapMs` more; none of them where that is 0: one has leaked. */
export function rotated(secrets: WebhookSecrets, fresh: string, overlapMs: number, now: Date): Rotation {
  const { retiring: _retiring, ...rest } = secrets
  if (overlapMs === 0) return { kind: 'rotated', secrets: { ...rest, signingSecrets: [fresh] } }
  const until = new Date(now.getTime() + overlapMs).toISOString()
  const standing = retiringAt(secrets, now)
  const retiring = [...secrets.signingSecrets.map((secret) => ({ secret, until })), ...standing]
  const nextEnds = standing.map((each) => each.until).toSorted()[0] ?? until
  if (retiring.length >= MOST_LIVE_SECRETS) return { kind: 'too many', nextEnds }
  return { kind: 'rotated', secrets: { ...rest, signingSecrets: [fresh], retiring } }
}
