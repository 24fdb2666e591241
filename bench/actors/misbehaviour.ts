import type { ServerResponse } from 'node:http'

/** What a bad endpoint does with a request; the first part of its path names it: `/hang/0`. */
const MISBEHAVIOURS = { hang, reset, drip, slow500 }
export type Misbehaviour = keyof typeof MISBEHAVIOURS

type Misbehave = (response: ServerResponse) => void

/** Nothing for a path whose requests are answered well. */
export function misbehaviourAt(path: string): Misbehave | undefined {
  const [, name = ''] = path.split('/')
  return name in MISBEHAVIOURS ? MISBEHAVIOURS[name as Misbehaviour] : undefined
}

/** Accepts and never answers. */
function hang(): void {}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

/** A good head at once, then a byte a second without end. */
function drip(response: ServerResponse): void {
  response.writeHead(200).flushHeaders()
  const timer = setInterval(() => response.write('.'), 1_000)
  response.on('close', () => clearInterval(timer))
}

function slow500(response: ServerResponse): void {
  setTimeout(() => response.writeHead(500).end(), 3_000)
}
