import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { now } from '../clock'
import { answerCalls } from './calls'
import { BROKEN_PATH, ECHO_PATH } from './event'
import { misbehaviourAt } from './misbehaviour'

/** One POST as it arrived. */
export interface Post {
  path: string
  /** `webhook-id`. */
  id: string
  attempt: number
  at: number
  body: string
}

let posts: Post[] = []
/** What arrived where it is answered well. */
const seen = new Set<string>()
let arrived = (): void => undefined
/** Requests that are open now, and the most that ever were, by path. */
let open = new Map<string, { now: number; most: number }>()

const server = createServer((request, response) => {
  countOpen(request, response)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => take(request, response, Buffer.concat(chunks).toString()))
})

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

/** From its head until it is answered or its sender is gone, which is known before the connection is. */
function countOpen(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  const path = pathOf(request)
  const count = open.get(path) ?? { now: 0, most: 0 }
  open.set(path, count)
  count.now += 1
  count.most = Math.max(count.most, count.now)
  const end = (): void => {
    socket.off('end', end)
    response.off('close', end)
    count.now -= 1
  }
  socket.once('end', end)
  response.once('close', end)
}

/** Where the receiver answers 500 until it is told to heal. */
const isBroken = (path: string): boolean => path.startsWith(BROKEN_PATH) && !healed
let healed = false
function heal(): void {
  healed = true
}

function take(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { headers } = request
  const id = String(headers['webhook-id'])
  const path = pathOf(request)
  posts.push({ path, id, attempt: Number(headers['herald-attempt']), at: now(), body })
  const misbehave = misbehaviourAt(path)
  if (misbehave) return misbehave(response)
  if (isBroken(path)) return void response.writeHead(500).end()
  const key = `${path} ${id}`
  const isFirst = !seen.has(key)
  seen.add(key)
  if (path === ECHO_PATH && isFirst) response.writeHead(500).end(JSON.stringify({ headers, body }))
  else response.writeHead(200).end()
  arrived()
}

/** The port that it listens on. */
async function listen(): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Waits until so many events have arrived where they are answered well, each counted once a webhook; gives up after a silence. */
function expect({ count, silenceMs }: { count: number; silenceMs: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`${seen.size} of ${count} arrived, then nothing for ${silenceMs} ms`))
    let timer = setTimeout(giveUp, silenceMs)
    arrived = () => {
      clearTimeout(timer)
      if (seen.size >= count) resolve()
      else timer = setTimeout(giveUp, silenceMs)
    }
    arrived()
  })
}

/** What has arrived since the last time. */
function collect(): Post[] {
  const all = posts
  posts = []
  seen.clear()
  arrived = () => undefined
  return all
}

/** How many requests were open at once since the last time, at most, by path. */
function mostOpen(): Record<string, number> {
  const most = Object.fromEntries([...open].map(([path, count]) => [path, count.most]))
  open = new Map()
  return most
}

const handlers = { listen, expect, collect, mostOpen, heal, break: () => void (healed = false) }
export type ReceiverCalls = typeof handlers

answerCalls(handlers)
