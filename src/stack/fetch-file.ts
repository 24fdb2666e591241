import { createWriteStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EnvHttpProxyAgent, fetch } from 'undici'
import { codeOf, diskFull, isDiskFull, messageOf } from './errors'
import { digestOf } from './digest'
import type { Report } from './types'

export interface FetchLimits {
  connectMs: number
  answerMs: number
  /** Longest time without a byte. */
  stallMs: number
}

export interface Download {
  url: string
  to: string
  sha256: string
  /** What people know it as. */
  name: string
  report: Report
  limits?: FetchLimits
}

export const FETCH_LIMITS: FetchLimits = { connectMs: 4_000, answerMs: 8_000, stallMs: 10_000 }
const BROKEN_TRANSFERS = 3
const PROGRESS_MS = 3_000

/**
 * Downloads a file and puts it in its place only when its checksum is right. A transfer that breaks
 * off goes on where it ended, now or at the next start.
 */
export async function fetchFile(download: Download): Promise<void> {
  const part = `${download.to}.part`
  mkdirSync(dirname(part), { recursive: true })
  const resumed = sizeOf(part) > 0
  try {
    await transferAll(download, part)
    const wrong = await mismatch(part, download.sha256)
    if (wrong && resumed) {
      // What an earlier start left may be of another file: once more from the beginning.
      rmSync(part, { force: true })
      await transferAll(download, part)
    }
    const found = wrong && resumed ? await mismatch(part, download.sha256) : wrong
    if (found) {
      rmSync(part, { force: true })
      throw new Error(`its checksum is ${found} where ${download.sha256} is right, so it was deleted`)
    }
    renameSync(part, download.to)
  } catch (error) {
    if (isDiskFull(error)) throw diskFull(dirname(part))
    throw error
  }
}

async function transferAll(download: Download, part: string): Promise<void> {
  for (let broken = 0; ; broken += 1) {
    const before = sizeOf(part)
    try {
      return await transfer(download, part, before)
    } catch (error) {
      if (isDiskFull(error)) throw error
      const went = sizeOf(part) > before
      if (!went || broken >= BROKEN_TRANSFERS) throw new Error(reasonOf(error, download.url), { cause: error })
      download.report(`${download.name}: the download broke off (${reasonOf(error, download.url)}), going on where it ended`)
    }
  }
}

async function transfer(download: Download, part: string, from: number): Promise<void> {
  const agent = agentWith(download.limits ?? FETCH_LIMITS)
  try {
    const response = await fetch(download.url, {
      dispatcher: agent,
      headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    })
    // 416: there is nothing after what is here; the checksum tells whether it is the file.
    if (response.status === 416) return
    if (!response.ok || !response.body) throw new Error(`${hostOf(download.url)} answered ${response.status}`)
    const begun = response.status === 206 ? from : 0
    const total = begun + Number(response.headers.get('content-length') ?? 0)
    await pipeline(
      Readable.fromWeb(response.body),
      progress(download, begun, total),
      createWriteStream(part, { flags: begun > 0 ? 'a' : 'w' }),
    )
  } finally {
    await agent.destroy()
  }
}

function progress({ name, report }: Download, begun: number, total: number): Transform {
  let done = begun
  let told = Date.now()
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      done += chunk.length
      if (Date.now() - told > PROGRESS_MS) {
        told = Date.now()
        report(`${name}: ${megabytes(done)} MB${total > begun ? ` of ${megabytes(total)} MB` : ''}`)
      }
      callback(null, chunk)
    },
  })
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

/** Respects HTTPS_PROXY and NO_PROXY. */
function agentWith(limits: FetchLimits): EnvHttpProxyAgent {
  return new EnvHttpProxyAgent({
    connect: { timeout: limits.connectMs },
    headersTimeout: limits.answerMs,
    bodyTimeout: limits.stallMs,
  })
}

async function mismatch(file: string, sha256: string): Promise<string | undefined> {
  const found = await digestOf(file, 'sha256', 'hex')
  return found === sha256.toLowerCase() ? undefined : found
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name is not known here',
  ECONNREFUSED: 'it refused the connection',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'it cannot be reached',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'the transfer stalled',
}

function reasonOf(error: unknown, url: string): string {
  const cause = (error instanceof Error && error.cause) || error
  const known = REASONS[codeOf(cause) ?? '']
  return known ? `${hostOf(url)}: ${known}` : messageOf(cause)
}

function hostOf(url: string): string {
  return new URL(url).host
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
