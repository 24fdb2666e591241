import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { z } from 'zod'

const BOUND_BYTES = 50_000_000

/** Opens a server's log anew: each start begins with an empty one. */
export function openLog(path: string): { fd: number; close: () => void } {
  truncateLog(path)
  // Appending, so that the log can be truncated under the running server.
  const fd = openSync(path, 'a', 0o600)
  return { fd, close: () => closeSync(fd) }
}

/** Keeps a long-running server's log from filling the disk. */
export function boundLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > BOUND_BYTES) truncateLog(path)
}

/** What the server said last about why it cannot go on; empty when it said nothing. */
export function lastWord(path: string): string {
  const lines = readText(path).trim().split('\n').slice(-200).map(readable)
  const telling = lines.filter(({ severe }) => severe)
  return (telling.at(-1) ?? lines.at(-1))?.text.slice(0, 400) ?? ''
}

const mongodbLine = z.object({ s: z.string(), msg: z.string(), attr: z.record(z.string(), z.unknown()).default({}) })

/** MongoDB writes JSON, Temporal `time=… level=… msg=…` and plain errors. */
function readable(line: string): { text: string; severe: boolean } {
  try {
    const { s, msg, attr } = mongodbLine.parse(JSON.parse(line))
    const detail = attr['error'] ?? attr['reason'] ?? attr['message']
    const text = [msg, detail].filter(Boolean).map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(': ')
    return { text, severe: s === 'E' || (s === 'F' && !/aborting after|frame|backtrace/i.test(text)) }
  } catch {
    return { text: line.trim(), severe: /error|fatal|panic|failed/i.test(line) }
  }
}

function truncateLog(path: string): void {
  try {
    truncateSync(path)
  } catch {
    // There is none yet.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
