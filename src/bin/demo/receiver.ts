import { timingSafeEqual } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { sign } from '../../delivery/sign'
import { DemoError } from './demo-error'

/** One of the receiver's paths: a customer's system with a webhook of its own. */
export interface Endpoint {
  /** What it answers; may be set at any time. */
  status: number
  secret?: string
}

export interface Arrival {
  path: string
  eventId: string
  attempt: number
  at: Date
  isSigned: boolean
  answered: number
}

export interface Receiver {
  url: string
  endpoint: (path: string) => Endpoint
  /** The arrival of an event at a path, with this attempt or a later one, past or to come. */
  arrival: (path: string, eventId: string, attempt: number) => Promise<Arrival>
  close: () => Promise<void>
}

const PATIENCE_MS = 90_000
const TOLERANCE_SECONDS = 300

/** A customer's system, as small as it can be: it listens on loopback and checks every signature. */
export async function startReceiver(signal: AbortSignal): Promise<Receiver> {
  const endpoints = new Map<string, Endpoint>()
  const arrivals: Arrival[] = []
  const news = new EventEmitter<{ arrival: [] }>()

  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const { secret, status } = endpoints.get(path) ?? { status: 404 }
    void text(request).then((body) => {
      arrivals.push({ path, ...about(request, body, secret), at: new Date(), answered: status })
      news.emit('arrival')
      response.writeHead(status).end(status < 300 ? '' : 'closed for maintenance')
    }, () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    endpoint: (path) => {
      const endpoint = endpoints.get(path) ?? { status: 200 }
      endpoints.set(path, endpoint)
      return endpoint
    },
    arrival: async (path, eventId, attempt) => {
      const waiting = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
      for (;;) {
        const found = arrivals.find((one) => one.path === path && one.eventId === eventId && one.attempt >= attempt)
        if (found) return found
        await once(news, 'arrival', { signal: waiting }).catch((error: unknown) => {
          signal.throwIfAborted()
          throw new DemoError(
            `Attempt ${attempt} of ${eventId} has not arrived within ${PATIENCE_MS / 1000} s: does a worker run? See /v1/events/${eventId}.`,
            { cause: error },
          )
        })
      }
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function about({ headers }: IncomingMessage, body: string, secret: string | undefined) {
  return {
    eventId: String(headers['webhook-id']),
    attempt: Number(headers['herald-attempt']),
    isSigned: secret !== undefined && isSigned(headers, body, secret),
  }
}

/** As the Standard Webhooks specification asks a receiver to check: any of the signatures, and not too old. */
function isSigned(headers: IncomingMessage['headers'], body: string, secret: string): boolean {
  const timestamp = Number(headers['webhook-timestamp'])
  if (!(Math.abs(Date.now() / 1000 - timestamp) < TOLERANCE_SECONDS)) return false
  const expected = Buffer.from(sign(secret, String(headers['webhook-id']), timestamp, body))
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
}
