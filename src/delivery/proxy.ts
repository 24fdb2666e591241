import { isIP, type Socket } from 'node:net'
import { Pool, type buildConnector } from 'undici'
import { defaultPort } from './address'
import type { ResolvedAddress } from './connector'

/** The operator's proxy did not open a way to the receiver. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  /** The proxy is away, or does not take Herald's credentials: whichever receiver it is. */
  readonly isOurs: boolean

  constructor(message: string, isOurs = false) {
    super(message)
    this.isOurs = isOurs
  }
}

export interface ProxyOptions {
  /** `http(s)://user:password@host:port` */
  url: string
  ca: string[] | undefined
  /** For a way to the receiver, whatever has to be tried for it. */
  timeoutMs: number
}

/** Ends with `signal`. */
export type Tunnel = (authority: string, signal: AbortSignal) => Promise<Socket>

/** Of one name: who answers with many that are dead holds no connection to the proxy for each. */
const MOST_ADDRESSES = 4

/** Ways through a proxy by CONNECT (RFC 9110, 9.3.6). The proxy is the operator's: the rules for targets are not for it. */
export function createTunnel({ url, ca, timeoutMs }: ProxyOptions): Tunnel {
  const { origin, username, password } = new URL(url)
  const pool = new Pool(origin, {
    connections: null,
    allowH2: false,
    headersTimeout: timeoutMs,
    // Sooner than the whole, so that a proxy that is away is told from one that waits for a receiver.
    connect: { timeout: timeoutMs / 2, rejectUnauthorized: true, minVersion: 'TLSv1.2', ca },
  })
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const headers = username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }
  return async (authority, signal) => {
    const { statusCode, socket } = await pool.connect({ path: authority, headers: { host: authority, ...headers }, signal }).catch((error: unknown) => {
      if (signal.aborted) throw new ProxyError(`The egress proxy opened no way to the receiver within ${timeoutMs} ms`)
      // Without its address, which is the operator's business and no tenant's.
      throw new ProxyError(`The egress proxy cannot be reached (${String(Object(error).code ?? 'no HTTP')}): see to it, or to HERALD_EGRESS_PROXY`, !ASKED.has(Object(error).code))
    })
    if (statusCode >= 200 && statusCode < 300) return socket as Socket
    socket.on('error', () => undefined).destroy()
    throw new ProxyError(whyNot(statusCode), statusCode === 407)
  }
}

/** It was reached, and then said nothing, or hung up: that may be by the receiver's address. */
const ASKED = new Set<unknown>(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

function whyNot(status: number): string {
  if (status === 407) return 'The egress proxy answered 407: it wants a user name and password, in HERALD_EGRESS_PROXY'
  if (status === 403) return 'The egress proxy answered 403: it does not let Herald connect to this address and port'
  return `The egress proxy answered ${status}: it could not connect to the receiver`
}

/**
 * Connects by way of the proxy: to the very addresses that were judged, so that the proxy looks up nothing, and
 * with the name in TLS and `Host` alone.
 */
export function throughProxy({ tunnel, timeoutMs }: { tunnel: Tunnel; timeoutMs: number }, addressesOf: (hostname: string) => Promise<ResolvedAddress[]>, upgrade: buildConnector.connector): buildConnector.connector {
  async function open({ hostname, port, protocol }: buildConnector.Options): Promise<Socket> {
    const family = isIP(hostname)
    const addresses = family === 0 ? await addressesOf(hostname) : [{ address: hostname, family }]
    const signal = AbortSignal.timeout(timeoutMs)
    let last: unknown
    for (const { address } of addresses.slice(0, MOST_ADDRESSES)) {
      const host = isIP(address) === 6 ? `[${address}]` : address
      try {
        return await tunnel(`${host}:${port || defaultPort(protocol)}`, signal)
      } catch (error) {
        last = error
        if (signal.aborted || (error instanceof ProxyError && error.isOurs)) break
      }
    }
    throw last
  }

  async function carry(target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    let socket: Socket
    try {
      socket = await open(target)
    } catch (error) {
      callback(error as Error, null)
      return
    }
    if (target.protocol === 'https:') upgrade({ ...target, httpSocket: socket }, callback)
    else callback(null, socket)
  }

  return (target, callback) => void carry(target, callback)
}
