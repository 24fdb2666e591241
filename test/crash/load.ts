import { transaction } from '../support/bank'
import { until } from '../support/until'

/** One try to publish: what a bank's service saw of it. */
export interface Try {
  sentAt: number
  tookMs: number
  /** The HTTP status, or what went wrong without one. */
  answer: number | 'none'
}

export interface Publication {
  id: string
  /** The bytes of `data`, as they were published. */
  data: string
  tries: Try[]
  accepted: boolean
}

export interface Load {
  publications: Publication[]
  /** All tries that were sent in a span of time (ms since 1970). */
  triesBetween: (from: number, to: number) => Try[]
  /** Publishes no new event, and waits until every one is accepted. */
  stop: () => Promise<void>
  /** Gives everything up. */
  abandon: () => void
}

export interface LoadOptions {
  /** Of all Heralds; a service turns to the next one when one does not answer. */
  urls: string[]
  apiKey: string
  perSecond: number
  /** After so many it publishes no new ones. */
  events?: number
  /** Distinguishes the ids of several loads. */
  prefix: string
}

const PATIENCE_MS = 10_000
const PAUSE_MS = 250
const LAST_ACCEPTED_MS = 60_000

/**
 * Publishes so many events a second, whatever becomes of the earlier ones; each is sent again with
 * its id until it is accepted, as a bank's service would.
 */
export function startLoad({ urls, apiKey, perSecond, prefix, events = Infinity }: LoadOptions): Load {
  const publications: Publication[] = []
  const begun = Date.now()
  const abandoned = new AbortController()

  async function send(url: string, body: string): Promise<Try['answer']> {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(PATIENCE_MS)
    try {
      const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body, signal })
      await response.arrayBuffer()
      return response.status
    } catch {
      return 'none'
    }
  }

  async function publish(publication: Publication, n: number): Promise<void> {
    const { id, data, tries } = publication
    const body = `{"id":"${id}","type":"TRANSACTION SUCCESSFUL","data":${data}}`
    while (!publication.accepted && !abandoned.signal.aborted) {
      const sentAt = Date.now()
      const answer = await send(urls[(n + tries.length) % urls.length] ?? '', body)
      tries.push({ sentAt, tookMs: Date.now() - sentAt, answer })
      publication.accepted = answer === 200 || answer === 202
      if (isRefusal(answer)) return
      if (!publication.accepted) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  /** By the clock, so that a late timer does not lower the rate. */
  function catchUp(): void {
    const due = Math.min(events, Math.floor(((Date.now() - begun) * perSecond) / 1_000))
    while (publications.length < due) {
      const n = publications.length
      const id = `${prefix}-${n}`
      const publication: Publication = { id, data: bytesOf(id, n), tries: [], accepted: false }
      publications.push(publication)
      void publish(publication, n)
    }
  }

  const timer = setInterval(catchUp, 1_000 / perSecond)
  return {
    publications,
    triesBetween: (from, to) =>
      publications.flatMap(({ tries }) => tries.filter(({ sentAt }) => sentAt >= from && sentAt < to)),
    abandon: () => {
      clearInterval(timer)
      abandoned.abort()
    },
    stop: async () => {
      clearInterval(timer)
      await until(() => publications.every(({ accepted }) => accepted), { timeoutMs: LAST_ACCEPTED_MS }).catch(() => {
        const refused = publications.filter(({ accepted }) => !accepted).slice(0, 5)
        throw new Error(`These were never accepted: ${JSON.stringify(refused)}`)
      })
    },
  }
}

/** For good; a 408 or 429 may be sent again. */
const isRefusal = (answer: Try['answer']): boolean =>
  typeof answer === 'number' && answer >= 400 && answer < 500 && answer !== 408 && answer !== 429

/** Bytes that parsing and writing again would change. */
const bytesOf = (id: string, n: number): string =>
  `${JSON.stringify(transaction(id).data).slice(0, -1)}, "exact" : ${n}.10, "long":12345678901234567890}`
