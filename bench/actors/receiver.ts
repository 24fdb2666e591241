import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { now } from '../clock'
import { answerCalls } from './calls'
import { ECHO_PATH } from './event'

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
const seen = new Set<string>()
let arrived = (): void => undefined

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => take(request, response, Buffer.concat(chunks).toString()))
})

function take({ url = '', headers }: IncomingMessage, response: ServerResponse, body: string): void {
  const id = String(headers['webhook-id'])
  const [path = ''] = url.split('?')
  const key = `${path} ${id}`
  const isFirst = !seen.has(key)
  posts.push({ path, id, attempt: Number(headers['herald-attempt']), at: now(), body })
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

/** Waits until so many events have arrived, each counted once a webhook; gives up after a silence. */
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

const handlers = { listen, expect, collect }
export type ReceiverCalls = typeof handlers

answerCalls(handlers)
