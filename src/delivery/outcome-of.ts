import type { FailureReason, Outcome } from '../domain/outcome'
import type { Answer, Ending } from './answer'
import { BlockedTargetError } from './connector'
import { tlsFault } from './tls-faults'

const DETAIL_MAX_LENGTH = 300

/** What an ended exchange means for the delivery. `now` turns a `Retry-After` date into a wait. */
export function outcomeOf(ending: Ending, timeoutMs: number, now: Date): Outcome {
  if ('answer' in ending) return outcomeOfAnswer(ending.answer, now)
  if ('error' in ending) return outcomeOfError(ending.error)
  const missing = ending.timedOut === 'connecting' ? 'connection' : 'answer'
  return { kind: 'failed', reason: 'timeout', detail: `No ${missing} within ${timeoutMs} ms` }
}

function outcomeOfAnswer({ status, headers }: Answer, now: Date): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', status }
  if (status === 410) return { kind: 'gone', status }
  const detail =
    status >= 300 && status < 400 ? `Answered ${status}; redirects are not followed` : `Answered ${status}`
  const retryAfterMs = status === 429 || status === 503 ? parseRetryAfter(headers['retry-after'], now) : undefined
  return { kind: 'failed', reason: 'status', status, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** RFC 9110, 10.2.3: seconds or an HTTP date. Anything else says nothing. */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000
  if (!/^[A-Z][a-z]{2,8},? .+$/.test(value)) return undefined
  // The oldest of the three date forms (asctime) has no zone; all of them mean GMT.
  const time = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now.getTime())
}

function outcomeOfError(error: unknown): Outcome {
  if (error instanceof BlockedTargetError) return { kind: 'blocked', detail: error.message }
  const code = codeOf(error)
  if (code === 'ProxyError') return { kind: 'failed', reason: 'proxy', detail: messageOf(error), ...(field(error, 'isOurs') === true && { isOurs: true }) }
  const fault = tlsFault(code, error)
  if (fault !== undefined) return { kind: 'failed', reason: 'tls', detail: detailOf(code, fault) }
  return { kind: 'failed', reason: reasonOf(code, messageOf(error)), detail: detailOf(code, messageOf(error)) }
}

const REASONS: Record<string, FailureReason> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  AnswerTooLongError: 'protocol',
  HTTPParserError: 'protocol',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
  UND_ERR_INVALID_ARG: 'protocol',
  // undici's own check of a status below 100.
  ERR_ASSERTION: 'protocol',
  EPROTO: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  UND_ERR_CLOSED: 'unknown',
  UND_ERR_DESTROYED: 'unknown',
}

/** OpenSSL's verdicts on certificates, and Node's own TLS errors, come under many codes. */
const TLS_CODE = /^ERR_(TLS|SSL)_|CERT|CRL|^UNABLE_TO_|^DEPTH_ZERO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/

function reasonOf(code: string, message: string): FailureReason {
  if (code.startsWith('HPE_')) return 'protocol'
  if (code.startsWith('EAI_')) return 'dns'
  // An unasked-for 100 Continue or upgrade shares its code with a connection that closed.
  if (code === 'UND_ERR_SOCKET' && message.startsWith('bad ')) return 'protocol'
  return REASONS[code] ?? (TLS_CODE.test(code) ? 'tls' : 'network')
}

function detailOf(code: string, message: string): string {
  const text = message.includes(code) ? message : `${code}: ${message}`
  return text.slice(0, DETAIL_MAX_LENGTH)
}

function codeOf(error: unknown): string {
  return text(error, 'code') ?? text(error, 'name') ?? 'Error'
}

/** When every address of a name failed, Node's error has no text of its own, but theirs. */
function messageOf(error: unknown): string {
  const several = field(error, 'errors')
  if (Array.isArray(several) && several.length > 0) return several.map(messageOf).join('; ')
  return text(error, 'message') ?? 'no message'
}

function text(error: unknown, name: string): string | undefined {
  const value = field(error, name)
  return typeof value === 'string' ? value : undefined
}

/** Read by shape: in a test runner, Node's errors are not instances of the runner's own `Error`. */
function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
}
