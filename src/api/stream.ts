import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Reply } from './route'

/** Answers may hold what banks keep to themselves, so that nothing on the way may store them. */
export const NO_STORE = { 'Cache-Control': 'no-store' } as const

/** Whoever takes nothing for so long does not keep a connection. */
const STALLED_MS = 60_000

/**
 * Sends an answer piece by piece, never more than its reader takes. What fails before the first piece is
 * a problem like any other; what fails later ends the connection in the middle of the body, so that nobody
 * takes the part for the whole.
 */
export async function sendStream(req: Request, res: Response, { status, contentType, headers }: Reply, stream: NonNullable<Reply['stream']>): Promise<void> {
  const head = { ...NO_STORE, 'Content-Type': contentType ?? 'application/json; charset=utf-8', ...headers }
  if (req.method === 'HEAD') {
    res.writeHead(status, head).end()
    return
  }
  const ended = new AbortController()
  res.once('close', () => ended.abort())
  const pieces = stream(ended.signal)[Symbol.asyncIterator]()
  const first = await pieces.next()
  res.setTimeout(STALLED_MS, () => void res.destroy())
  res.writeHead(status, head)
  try {
    await pipeline(from(first, pieces), res)
  } catch (error) {
    // Its reader has gone.
    if (!ended.signal.aborted || !isPremature(error)) throw error
  }
}

async function* from(first: IteratorResult<string>, pieces: AsyncIterator<string>): AsyncIterable<string> {
  try {
    for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value
  } finally {
    await pieces.return?.()
  }
}

const isPremature = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
