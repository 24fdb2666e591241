/** Why a POST did not deliver, in a word that people can filter by. */
export const FAILURE_REASONS = [
  'status',
  'timeout',
  'refused',
  'reset',
  'dns',
  'tls',
  'protocol',
  'blocked',
  'token',
  'proxy',
  'network',
  'unknown',
] as const
export type FailureReason = (typeof FAILURE_REASONS)[number]

/**
 * What became of one POST. Any 2XX delivers; `gone` is 410, the receiver's wish to be left alone
 * (Standard Webhooks); `token` is a token endpoint that gave none; `blocked` is an address that Herald refuses to call, so no retry can help;
 * `isOurs` where the operator's own proxy is away: nothing was sent, and the receiver is not to blame.
 */
export type Outcome =
  | { kind: 'delivered'; status: number }
  | { kind: 'failed'; reason: FailureReason; detail: string; status?: number; retryAfterMs?: number; isOurs?: true }
  | { kind: 'gone'; status: 410 }
  | { kind: 'blocked'; detail: string }
