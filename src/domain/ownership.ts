import { timingSafeEqual } from 'node:crypto'

/** Of a webhook whose endpoint has not answered a challenge yet: it is held, and what it would get is kept. */
export interface Unverified {
  since: Date
  /** It goes on by itself once its endpoint has answered; else a person had paused it before. */
  resumes: boolean
  /** Of the last challenge that was not answered. */
  triedAt?: Date
  failure?: string
}

export const VERIFICATION_TYPE = 'webhook.verification'

/** Like an event, so that a receiver checks and reads it as one. */
export const challengeBody = (id: string, webhookId: string, challenge: string, at: Date): string =>
  JSON.stringify({ id, type: VERIFICATION_TYPE, createdAt: at.toISOString(), data: { id: webhookId, challenge } })

/** Whether the answer repeats the challenge, as `{ "challenge": "…" }` or as the whole text. */
export function isEcho(challenge: string, body: string): boolean {
  return isSame(body.trim(), challenge) || isSame(fieldOf(body), challenge)
}

function fieldOf(body: string): string {
  try {
    const { challenge }: { challenge?: unknown } = Object(JSON.parse(body))
    return typeof challenge === 'string' ? challenge : ''
  } catch {
    return ''
  }
}

const isSame = (a: string, b: string): boolean => Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b))
