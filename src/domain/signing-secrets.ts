import type { OpenWebhook, SignatureKind, WebhookSecrets } from './webhook'

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

/** Where the secrets of a kind of signature are: those that sign, and those that were replaced. */
const PLACES = {
  v1: { standing: 'signingSecrets', retiring: 'retiring' },
  v1a: { standing: 'signingKeys', retiring: 'retiringKeys' },
} as const

/** Those that were replaced and sign still, the newest first. */
export const retiringAt = (secrets: WebhookSecrets, now: Date, kind: SignatureKind = 'v1'): RetiringSecret[] =>
  (secrets[PLACES[kind].retiring] ?? []).filter(({ until }) => new Date(until) > now)

const liveOf = (secrets: WebhookSecrets, kind: SignatureKind, now: Date): string[] => [
  ...(secrets[PLACES[kind].standing] ?? []),
  ...retiringAt(secrets, now, kind).map(({ secret }) => secret),
]

export const DEFAULT_SIGNATURES: SignatureKind[] = ['v1']

/**
 * Those that sign the webhook's POSTs at this time, of each kind the newest first: a receiver takes a POST when
 * one of the signatures is right (Standard Webhooks).
 */
export const liveSecrets = ({ secrets, signatures = DEFAULT_SIGNATURES }: Pick<OpenWebhook, 'secrets' | 'signatures'>, now: Date): string[] =>
  signatures.flatMap((kind) => liveOf(secrets, kind, now))

/** For whoever may see them. */
export const revealed = (secrets: WebhookSecrets, now: Date): { current?: string; retiring: RetiringSecret[] } => ({
  current: secrets.signingSecrets[0],
  retiring: retiringAt(secrets, now),
})

export type Rotation = { kind: 'rotated'; secrets: WebhookSecrets } | { kind: 'too many'; nextEnds: string }

/** `fresh` signs from now on, and those of before for `overlapMs` more; none of them where that is 0: one has leaked. */
export function rotated(secrets: WebhookSecrets, fresh: string, overlapMs: number, now: Date, kind: SignatureKind = 'v1'): Rotation {
  const place = PLACES[kind]
  const { [place.retiring]: _retiring, ...rest } = secrets
  if (overlapMs === 0) return { kind: 'rotated', secrets: { ...rest, [place.standing]: [fresh] } }
  const until = new Date(now.getTime() + overlapMs).toISOString()
  const standing = retiringAt(secrets, now, kind)
  const retiring = [...(secrets[place.standing] ?? []).map((secret) => ({ secret, until })), ...standing]
  const nextEnds = standing.map((each) => each.until).toSorted()[0] ?? until
  if (retiring.length >= MOST_LIVE_SECRETS) return { kind: 'too many', nextEnds }
  return { kind: 'rotated', secrets: { ...rest, [place.standing]: [fresh], [place.retiring]: retiring } }
}
