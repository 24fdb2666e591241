import { StringDecoder } from 'node:string_decoder'
import type { Dispatcher } from 'undici'
import type { ClientCertificate } from '../domain/webhook'
import { rounded, type Connecting, type Phases } from './phases'
import type { Outlet } from './pools'

export const BODY_MAX_BYTES = 16_384
const HEADERS_MAX_COUNT = 100

/** What a receiver answered, as far as Herald keeps it. */
export interface Answer {
  status: number
  /** Names in lower case; several values of one name are joined with a comma. */
  headers: Record<string, string>
  /** The first 16 KiB as text, not decompressed; bytes that are not UTF-8 are replaced. */
  body: string
  /** There was more than was kept, or the body had not ended when the attempt did. */
  truncated: boolean
}

export type Ending = { answer: Answer } | { timedOut: 'connecting' | 'answering' } | { error: unknown }
export type TimedEnding = Ending & { phases: Phases }

/** Sends one request and reads what is kept of the answer. Resolves within `timeoutMs`, whatever the receiver does. */
export function exchange(
  dispatcher: Pick<Outlet, 'dispatch' | 'connecting'>,
  options: Dispatcher.DispatchOptions,
  timeoutMs: number,
  clientCertificate?: ClientCertificate,
): Promise<TimedEnding> {
  return new Promise((resolve) => {
    dispatcher.dispatch(options, new AnswerReader(timeoutMs, resolve, dispatcher.connecting ?? (() => undefined)), clientCertificate)
  })
}

/**
 * Ends once: at the end of the body, at its 16 KiB, at an error or when the time is up. Once a status
 * has arrived it is the answer, however the rest of the message fares. Ending early drops the
 * connection, and a request that still waits for one is then never sent.
 */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #resolve: (ending: TimedEnding) => void
  readonly #current: () => Connecting | undefined
  readonly #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #ended = false
  #status: number | undefined
  #headers: Record<string, string> = {}
  #body: Buffer[] = []
  #size = 0
  #connecting: Connecting | undefined
  #requestedAt: number | undefined
  #answeredAt: number | undefined

  constructor(timeoutMs: number, resolve: (ending: TimedEnding) => void, current: () => Connecting | undefined) {
    this.#resolve = resolve
    this.#current = current
    this.#timer = setTimeout(() => {
      this.#end(this.#answered(true) ?? { timedOut: this.#controller === undefined ? 'connecting' : 'answering' })
      this.#cut()
    }, timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#connecting = this.#current()
    this.#requestedAt = performance.now()
    if (this.#ended) this.#cut()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HeaderFields): void {
    // 1XX are announcements, the answer is still to come.
    if (status < 200) return
    this.#status = status
    this.#answeredAt = performance.now()
    this.#headers = kept(headers)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = BODY_MAX_BYTES - this.#size
    // A copy: the chunk is a view of a larger buffer, and what is kept must not hold all of it.
    this.#body.push(Buffer.from(chunk.subarray(0, room)))
    this.#size += Math.min(chunk.length, room)
    if (chunk.length <= room) return
    this.#end(this.#answered(true))
    this.#cut()
  }

  onResponseEnd(): void {
    this.#end(this.#answered(false))
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#requestedAt === undefined) this.#connecting = this.#current()
    this.#end(this.#answered(true) ?? { error })
  }

  #answered(truncated: boolean): Ending | undefined {
    if (this.#status === undefined) return undefined
    const bytes = Buffer.concat(this.#body)
    // A cut may fall inside a character: the decoder leaves its first half out.
    const body = truncated ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8')
    return { answer: { status: this.#status, headers: this.#headers, body, truncated } }
  }

  #end(ending: Ending | undefined): void {
    if (this.#ended || ending === undefined) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#resolve({ ...ending, phases: this.#phases(performance.now()) })
  }

  #phases(now: number): Phases {
    const [requestedAt, answeredAt] = [this.#requestedAt, this.#answeredAt]
    return {
      ...this.#connecting,
      ...(requestedAt !== undefined && { waitMs: rounded((answeredAt ?? now) - requestedAt) }),
      ...(answeredAt !== undefined && { bodyMs: rounded(now - answeredAt) }),
    }
  }

  #cut(): void {
    this.#controller?.abort(new Error('The attempt has ended'))
  }
}

type HeaderFields = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

function kept(headers: HeaderFields): Record<string, string> {
  const entries = Object.entries(headers).slice(0, HEADERS_MAX_COUNT)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
