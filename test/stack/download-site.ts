import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

// oxlint-disable-next-line node/no-process-env -- tests may
export const environment = process.env

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'herald-stack-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface Site {
  url: string
  requests: { url: string; range?: string }[]
  close: () => Promise<void>
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** What the action failed with: the name of the error and its message. */
export async function failureOf(action: Promise<unknown>): Promise<string> {
  try {
    await action
  } catch (error) {
    return String(error)
  }
  throw new Error('it did not fail')
}

/** A download site that answers as the test says, by path; 404 for the rest. */
export async function openSite(answers: Record<string, Answer>): Promise<Site> {
  const requests: Site['requests'] = []
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    requests.push({ url, ...(request.headers.range === undefined ? {} : { range: request.headers.range }) })
    const answer = answers[url]
    if (answer) answer(response, request)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with the body, or with what is left of it from the range on. */
export function serving(body: Buffer): Answer {
  return (response, request) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from }).end(body.subarray(from))
  }
}

/** Sends some of the body and then breaks the connection, or sends nothing more. */
export function servingOnly(bytes: number, body: Buffer, then: 'break' | 'stall'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, bytes), () => {
      if (then === 'break') setTimeout(() => response.destroy(), 50)
    })
  }
}

/** One answer after the other; the last one stays. */
export function inTurn(...answers: Answer[]): Answer {
  let turn = 0
  return (response, request) => answers[Math.min(turn++, answers.length - 1)]?.(response, request)
}

/** A program that knows its version and nothing else. */
export function writeProgram(path: string, says: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`)
  chmodSync(path, 0o755)
}

/** A .tar.gz with one such program in it. */
export function archiveOf(member: string, says: string): Buffer {
  const directory = temporaryDirectory()
  try {
    writeProgram(join(directory.path, member), says)
    execFileSync('tar', ['-czf', 'archive.tgz', member], { cwd: directory.path })
    return readFileSync(join(directory.path, 'archive.tgz'))
  } finally {
    directory.remove()
  }
}

export const sha256Of = (body: Buffer): string => createHash('sha256').update(body).digest('hex')
