import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  rawBody: string
  receivedAt: Date
  /** Tells kept connections from new ones: 1 for the first that the receiver accepted. */
  connection: number
}

export interface AnswerSpec {
  status?: number
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  /** Waits before it answers at all. */
  delayMs?: number
  /** After the head, and the body if one is given: so many bytes again and again, without an end. */
  drip?: { everyMs: number; bytes: number }
  /** Never answers. */
  hang?: true
  /** Resets the connection instead of an answer. */
  reset?: true
  /** Writes these bytes as they are, then closes: for what no HTTP server would say. */
  raw?: string
}

/** `n` counts the requests from 1. A number is a status. */
export type Answer =
  | number
  | AnswerSpec
  | ((request: ReceivedRequest, n: number) => number | AnswerSpec | Promise<number | AnswerSpec>)

export interface Receiver {
  url: string
  port: number
  requests: ReceivedRequest[]
  /** May be set at any time; holds for requests that arrive later. */
  answer: Answer
  /** Resolves as soon as so many requests have arrived, or the predicate holds for all that have. */
  waitFor(
    wanted: number | ((requests: ReceivedRequest[]) => boolean),
    timeoutMs?: number,
  ): Promise<ReceivedRequest[]>
  close(): Promise<void>
}

/** A real HTTP receiver on loopback, which answers 200 unless told otherwise. */
export async function startReceiver(options: { answer?: Answer; port?: number } = {}): Promise<Receiver> {
  const connections = new WeakMap<Socket, number>()
  const changed = new Set<() => void>()
  let accepted = 0
  const server = createServer((incoming, response) => void serve(incoming, response))
  server.on('connection', (socket) => connections.set(socket, ++accepted))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const port = portOf(server)

  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests: [],
    answer: options.answer ?? 200,
    waitFor: async (wanted, timeoutMs = 10_000) => {
      const holds = typeof wanted === 'number' ? () => receiver.requests.length >= wanted : wanted
      await until(() => holds(receiver.requests), changed, timeoutMs, () => `${receiver.requests.length} requests`)
      return receiver.requests
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    const rawBody = await read(incoming)
    if (rawBody === undefined) return
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      rawBody,
      receivedAt: new Date(),
      connection: connections.get(incoming.socket) ?? 0,
    }
    const n = receiver.requests.push(request)
    for (const notify of changed) notify()
    const { answer } = receiver
    const chosen = typeof answer === 'function' ? await answer(request, n) : answer
    await give(typeof chosen === 'number' ? { status: chosen } : chosen, incoming.socket, response)
  }

  return receiver
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The receiver does not listen')
  return address.port
}

/** The whole body, or nothing when the sender gave up. */
async function read(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function give(spec: AnswerSpec, socket: Socket, response: ServerResponse): Promise<void> {
  if (spec.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, spec.delayMs))
  if (spec.hang) return
  if (spec.reset) {
    socket.resetAndDestroy()
    return
  }
  if (spec.raw !== undefined) {
    socket.end(spec.raw)
    return
  }
  response.writeHead(spec.status ?? 200, spec.headers)
  if (spec.drip === undefined) {
    response.end(spec.body)
    return
  }
  response.flushHeaders()
  if (spec.body !== undefined) response.write(spec.body)
  const { everyMs, bytes } = spec.drip
  const timer = setInterval(() => response.write('.'.repeat(bytes)), everyMs)
  response.on('close', () => clearInterval(timer))
}

async function until(
  holds: () => boolean,
  changed: Set<() => void>,
  timeoutMs: number,
  seen: () => string,
): Promise<void> {
  if (holds()) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      changed.delete(check)
      reject(new Error(`The receiver waited ${timeoutMs} ms in vain; it has seen ${seen()}`))
    }, timeoutMs)
    const check = (): void => {
      if (!holds()) return
      clearTimeout(timer)
      changed.delete(check)
      resolve()
    }
    changed.add(check)
  })
}
