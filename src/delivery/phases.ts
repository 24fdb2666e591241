import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/** How long the steps of connecting took, in ms; without those that were not made. */
export interface Connecting {
  /** Looking the name up; none of an address. */
  dnsMs?: number
  /** TCP. */
  connectMs?: number
  tlsMs?: number
}

/** Where the time of one POST went, in ms. What of it came by a connection that stood has no steps of connecting. */
export interface Phases extends Connecting {
  /** Getting a token from another server, before. */
  tokenMs?: number
  /** From the request to the head of the answer. */
  waitMs?: number
  /** From the head to the end of what was read. */
  bodyMs?: number
}

/**
 * Tells the request for which a connection was made how that went. undici begins that request, or fails it,
 * while it is being handed the connection, or the error: whoever asks just then is that one.
 */
export interface ConnectionWatch {
  watched: (connect: (...args: Parameters<buildConnector.connector>) => unknown) => buildConnector.connector
  /** Of the connection that is being handed over now. */
  current: () => Connecting | undefined
}

export function createConnectionWatch(): ConnectionWatch {
  let current: Connecting | undefined

  function handOver(connecting: Connecting, give: () => void): void {
    current = connecting
    try {
      give()
    } finally {
      current = undefined
    }
  }

  return {
    current: () => current,
    watched: (connect) => (target, callback) => {
      const clock = createPhaseClock()
      // It answers its socket, which its type does not tell.
      const socket = connect(target, (...result) => {
        // Of a way through a proxy only the whole is known.
        if (result[0] !== null || !isSocket(socket)) clock.fail()
        handOver(clock.connecting, () => callback(...result))
      })
      if (isSocket(socket)) clock.follow(socket, target.protocol === 'https:')
    },
  }
}

const isSocket = (value: unknown): value is Socket => typeof value === 'object' && value !== null && 'once' in value

function createPhaseClock() {
  const connecting: Connecting = {}
  let last = performance.now()
  let under: keyof Connecting = 'connectMs'
  const end = (phase: keyof Connecting): void => {
    const now = performance.now()
    connecting[phase] = rounded(now - last)
    last = now
  }
  return {
    connecting,
    /** What failed is the step that was under way. */
    fail: (): void => {
      if (connecting[under] === undefined) end(under)
    },
    follow: (socket: Socket, isTls: boolean): void => {
      socket.once('lookup', (error: Error | null) => {
        end('dnsMs')
        if (error) under = 'dnsMs'
      })
      // Before undici hears of it, and makes its request.
      socket.prependOnceListener('connect', () => {
        end('connectMs')
        if (isTls) under = 'tlsMs'
      })
      if (isTls) socket.prependOnceListener('secureConnect', () => end('tlsMs'))
    },
  }
}

export const rounded = (ms: number): number => Math.round(ms * 10) / 10
