import { isIP, type Socket } from 'node:net'
import { Pool, type buildConnector } from 'undici'
import { defaultPort } from './address'
import type { ResolvedAddress } from './connector'

/** The operator's proxy did not open a way to the receiver. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
}

export interface ProxyOptions {
  /** `http(s)://user:password@host:port` */
  url: string
  ca: string[] | undefined
  timeoutMs: number
}

type Tunnel = (authority: string) => Promise<Socket>

/** Ways through a proxy by CONNECT (RFC 9110, 9.3.6). The proxy is the operator's: the rules for targets are not for it. */
export function createTunnel({ url, ca, timeoutMs }: ProxyOptions): Tunnel {
  const { origin, username, password } = new URL(url)
  const pool = new Pool(origin, {
    connections: null,
    allowH2: false,
    headersTimeout: timeoutMs,
    connect: { timeout: timeoutMs, rejectUnauthorized: true, minVersion: 'TLSv1.2', ca },
  })
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const headers = username === '' ? {} : { 'proxy-authorization': `Basic ${credentials}` }
  return async (authority) => {
    const { statusCode, socket } = await pool.connect({ path: authority, headers: { host: authority, ...headers } }).catch((error: unknown) => {
      // Without its address, which is the operator's business and no tenant's.
      throw new ProxyError(`The egress proxy cannot be reached (${String(Object(error).code ?? 'no HTTP')}): see to it, or to HERALD_EGRESS_PROXY`)
    })
    if (statusCode >= 200 && statusCode < 300) return socket as Socket
    socket.on('error', () => undefined).destroy()
    throw new ProxyError(whyNot(statusCode))
  }
}

function whyNot(status: number): string {
  if (status === 407) return 'The egress proxy answered 407: it wants a user name and password, in HERALD_EGRESS_PROXY'
  if (status === 403) return 'The egress proxy answered 403: it does not let Herald connect to this address and port'
  return `The egress proxy answered ${status}: it could not connect to the receiver`
}

/**
 * Connects by way of the proxy: to the very addresses that were judged, so that the proxy looks up nothing, and
 * with the name in TLS and `Host` alone.
 */
export function throughProxy(tunnel: Tunnel, addressesOf: (hostname: string) => Promise<ResolvedAddress[]>, upgrade: buildConnector.connector): buildConnector.connector {
  async function open({ hostname, port, protocol }: buildConnector.Options): Promise<Socket> {
    const family = isIP(hostname)
    const addresses = family === 0 ? await addressesOf(hostname) : [{ address: hostname, family }]
    let last: unknown
    for (const { address } of addresses) {
      const host = isIP(address) === 6 ? `[${address}]` : address
      try {
        return await tunnel(`${host}:${port || defaultPort(protocol)}`)
      } catch (error) {
        last = error
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
