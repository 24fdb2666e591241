import { z } from 'zod'
import { UNDER_WAY, type Delivery } from '../domain/delivery'
import { FAILURE_REASONS, type Outcome } from '../domain/outcome'
import { maskedHeaders, maskedText } from '../domain/masking'
import type { AttemptAnswer, AttemptRecord } from '../store/attempts'
import { formatDuration } from '../domain/duration'
import { named, time } from './views'

/** A POST without a record that is younger than this may still be under way. */
const IN_FLIGHT_MS = 60_000

const headers = z.record(z.string(), z.string())

/** What of one exchange is shown, wherever that is. */
export const attemptParts = {
  request: z.object({ url: z.string(), headers }),
  response: z.object({ status: z.int(), headers, body: z.string().describe('The first 16 KiB'), truncated: z.boolean(), masked: z.literal(true).optional().describe('Values are masked: the caller has not the scope `data`.') }),
  timing: z
    .object({
      tokenMs: z.number().optional().describe('Getting a token, where none was at hand'),
      dnsMs: z.number().optional().describe('Looking the name up'),
      connectMs: z.number().optional().describe('TCP'),
      tlsMs: z.number().optional(),
      waitMs: z.number().optional().describe('From the request to the head of the answer'),
      bodyMs: z.number().optional().describe('From there to its end'),
    })
    .describe('Where the time went. Over a connection that stood already there is no `dnsMs`, `connectMs` and `tlsMs`; an attempt that failed has the steps up to there.'),
  error: z.object({ reason: z.enum(FAILURE_REASONS), detail: z.string(), retryAfter: z.string().optional() }),
}

export const attemptView = z.object({
  number: z.int().describe('Counts from 1'),
  startedAt: time,
  durationMs: z.number().optional(),
  timing: attemptParts.timing.optional(),
  outcome: z
    .enum(['delivered', 'failed', 'gone', 'blocked', 'unknown', 'in flight'])
    .describe('`unknown`: the POST was begun and Herald was stopped before its answer was recorded; it counts.'),
  request: attemptParts.request.optional().describe('Values of credentials are masked.'),
  response: attemptParts.response.optional(),
  erasedAt: time.optional().describe('The answer was erased.'),
  error: attemptParts.error.optional(),
})
named.add(attemptView, { id: 'Attempt' })

type AttemptView = z.infer<typeof attemptView>

/** One entry a POST that was begun, in order, whether or not its outcome is on record. */
export function toAttemptViews(delivery: Delivery, records: AttemptRecord[], now: Date, isMasked: boolean): AttemptView[] {
  const byNumber = new Map(records.map((record) => [record.number, record]))
  return delivery.intents.map((startedAt, i) => {
    const record = byNumber.get(i + 1)
    if (record) return toAttemptView(record, isMasked)
    const outcome = isInFlight(delivery, i, startedAt, now) ? 'in flight' : 'unknown'
    return { number: i + 1, startedAt: startedAt.toISOString(), outcome }
  })
}

/** Of a cancelled one, the token tells of a POST that was in flight at that time. */
function isInFlight({ intents, status, token }: Delivery, i: number, startedAt: Date, now: Date): boolean {
  const isNewest = i === intents.length - 1
  return isNewest && (UNDER_WAY.includes(status) || token !== undefined) && now.getTime() - startedAt.getTime() < IN_FLIGHT_MS
}

function toAttemptView({ number, startedAt, durationMs, timing, request, response, outcome, erasedAt }: AttemptRecord, isMasked: boolean): AttemptView {
  const error = errorOf(outcome)
  return {
    number,
    startedAt: startedAt.toISOString(),
    durationMs,
    ...(timing && { timing }),
    outcome: outcome.kind,
    request,
    ...(response && { response: isMasked ? maskedAnswer(response) : response }),
    ...(erasedAt && { erasedAt: erasedAt.toISOString() }),
    ...(error && { error }),
  }
}

const maskedAnswer = (answer: AttemptAnswer): NonNullable<AttemptView['response']> => ({
  ...answer,
  headers: maskedHeaders(answer.headers),
  body: maskedText(answer.body),
  masked: true,
})

export function errorOf(outcome: Outcome): AttemptView['error'] {
  if (outcome.kind === 'delivered') return undefined
  if (outcome.kind === 'gone') {
    return { reason: 'status', detail: 'The receiver answered 410 Gone: it wants no more events.' }
  }
  if (outcome.kind === 'blocked') return { reason: 'blocked', detail: outcome.detail }
  const { reason, detail, retryAfterMs } = outcome
  return { reason, detail, ...(retryAfterMs !== undefined && { retryAfter: formatDuration(retryAfterMs) }) }
}
