import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { StackError } from './errors'
import type { Report } from './types'

/** The preferred port if it is free on loopback, else another one, said in one line. */
export async function choosePort(name: string, preferred: number, report: Report): Promise<number> {
  const port = await freePort(preferred)
  if (port !== undefined) return port
  const other = await freePort(0)
  if (other === undefined) throw new StackError(`${name}: this machine has no free port on 127.0.0.1.`)
  report(`${name}: port ${preferred} is taken by another program, using ${other}`)
  return other
}

async function freePort(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
    })
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch {
    return undefined
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}

/** The TCP ports that a process listens on. Temporal's services also take ports that nobody chose. */
export function listeningPorts(pid: number): number[] {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromLsof(pid)
  } catch {
    return []
  }
}

function fromProc(pid: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]
      return inode === undefined ? [] : [inode]
    }),
  )
  const rows = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, 'utf8').split('\n').slice(1))
  return rows.flatMap((row) => {
    // proc(5): local address, remote address, state (0A: listening), …, inode.
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
    const port = Number.parseInt(local?.split(':')[1] ?? '', 16)
    return state === '0A' && inode !== undefined && own.has(inode) ? [port] : []
  })
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function fromLsof(pid: number): number[] {
  const listing = execFileSync('lsof', ['-nP', '-a', '-p', String(pid), '-iTCP', '-sTCP:LISTEN', '-Fn'], { encoding: 'utf8' })
  return [...listing.matchAll(/:(\d+)$/gm)].map(([, port]) => Number(port))
}

/** Waits until something answers on a loopback port. */
export async function waitForPort(port: number, signal: AbortSignal): Promise<void> {
  while (!(await answers(port))) {
    if (signal.aborted) throw new Error(`nothing answers on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
