import * as dns from 'node:dns/promises'
import type { LookupFunction, Socket } from 'node:net'
import { callbackify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { buildConnector } from 'undici'
import type { ClientCertificate } from '../domain/webhook'
import { boundReads } from './bound-reads'
import { shareRefusals } from './shared-refusal'
import { createConnectionWatch, type ConnectionWatch } from './phases'
import { createPools, type Outlet } from './pools'
import { createTunnel, throughProxy } from './proxy'
import { keepCertificates } from './tls-faults'
import { checkAddress, checkHost, checkPort, checkScheme, createTargetRules, defaultPort, type TargetRules, type Verdict } from './address'

/** The address is one that Herald refuses to call. */
export class BlockedTargetError extends Error {
  override readonly name = 'BlockedTargetError'
}

export interface ResolvedAddress {
  address: string
  family: number
}
export type Lookup = (hostname: string) => Promise<ResolvedAddress[]>

export interface DispatcherOptions {
  /** CIDRs exempt from the ban on addresses that are not public. */
  allowTargets: string[]
  /** Ports of Herald's own servers, refused on every address. */
  deniedPorts: number[]
  requireHttps?: boolean
  lookup?: Lookup
  /** Certificate authorities (PEM) to trust instead of Node's own list. */
  ca?: string[]
  /** Lists of revoked certificates (PEM): once there is one, each authority needs one. */
  crl?: string[]
  connectTimeoutMs?: number
  /** `http(s)://user:password@host:port`: the way out, for everything. */
  proxy?: string
}

const CONNECT_TIMEOUT_MS = 10_000
const ADDRESS_ATTEMPT_TIMEOUT_MS = 500
const HEAD_MAX_BYTES = 16_384
/** A connection that never rests would never notice that its name has moved. */
const REQUESTS_PER_CONNECTION = 1_000
const KEEP_ALIVE_MS = 4_000
const KEEP_ALIVE_MAX_MS = 60_000

/**
 * The only way out of Herald to a receiver. It connects only to addresses that the rules allow, and
 * to the very addresses that it judged (no second look-up in between), straight or by the proxy that it was
 * given. It reads no proxy from the environment, follows no redirect and speaks HTTP/1.1, one request at a time on a connection. Time limits are the caller's.
 */
export function createDispatcher(options: DispatcherOptions): Outlet {
  const watch = createConnectionWatch()
  const pools = createPools({
    // As many as there are requests: each webhook's cap bounds those, and one host may serve many webhooks.
    connections: null,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEAD_MAX_BYTES,
    maxRequestsPerClient: REQUESTS_PER_CONNECTION,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  }, createConnectors(options, watch))
  return { ...pools, connecting: watch.current }
}

type ConnectorFor = (clientCertificate?: ClientCertificate) => buildConnector.connector

function createConnectors(options: DispatcherOptions, watch: ConnectionWatch): ConnectorFor {
  const rules = createTargetRules(options)
  const judge = createJudge(rules)
  const addressesOf = judgedAddresses(shareConcurrent(options.lookup ?? systemLookup), rules)
  const lookup = asLookup(addressesOf)
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const tunnel = options.proxy === undefined ? undefined : createTunnel({ url: options.proxy, ca: options.ca, timeoutMs })
  return (clientCertificate) => {
    const straight = keepCertificates(createConnect(options, lookup, clientCertificate))
    const connect = shareRefusals(watch.watched(tunnel ? throughProxy({ tunnel, timeoutMs }, addressesOf, straight) : straight))
    return (target, callback) => {
      const verdict = judge(target)
      if (!verdict.ok) {
        // undici expects its answer after this call has returned.
        queueMicrotask(() => callback(new BlockedTargetError(verdict.reason), null))
        return
      }
      connect(target, (...result) => {
        if (result[0] !== null) callback(result[0], null)
        // Behind a proxy the peer is the proxy: it was told the address that was judged.
        else handOver(result[1], tunnel ? undefined : rules, callback)
      })
    }
  }
}

function createConnect(options: DispatcherOptions, lookup: LookupFunction, clientCertificate?: ClientCertificate): buildConnector.connector {
  return buildConnector({
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_TIMEOUT_MS,
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
    rejectUnauthorized: true,
    // Likewise --tls-min-v1.0.
    minVersion: 'TLSv1.2',
    ca: options.ca,
    crl: options.crl,
    allowH2: false,
    timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.privateKey }),
  })
}

function createJudge(rules: TargetRules): (target: buildConnector.Options) => Verdict {
  const verdicts = new LRUCache<string, Verdict>({ max: 1_000 })

  return ({ protocol, hostname, port }) => {
    const byScheme = checkScheme(protocol, rules)
    if (!byScheme.ok) return byScheme
    const byPort = checkPort(port === '' ? defaultPort(protocol) : Number(port), rules)
    if (!byPort.ok) return byPort
    const verdict = verdicts.get(hostname) ?? checkHost(hostname, rules)
    verdicts.set(hostname, verdict)
    return verdict
  }
}

/** The last look: whatever happened before, the socket's own peer must be an allowed one. */
function handOver(socket: Socket, rules: TargetRules | undefined, callback: buildConnector.Callback): void {
  const peer = socket.remoteAddress
  const verdict: Verdict | undefined = peer === undefined ? undefined : rules ? checkAddress(peer, rules) : { ok: true }
  if (verdict?.ok) {
    boundReads(socket)
    callback(null, socket)
    return
  }
  socket.destroy()
  const closed = Object.assign(new Error('The receiver closed the connection at once'), { code: 'ECONNRESET' })
  callback(verdict === undefined ? closed : new BlockedTargetError(verdict.reason), null)
}

/** One address that is not allowed spoils the name: a rebinding name mixes good ones with bad ones. */
function judgedAddresses(lookup: Lookup, rules: TargetRules): Lookup {
  return async (hostname) => {
    const addresses = await lookup(hostname)
    for (const { address } of addresses) {
      const verdict = checkAddress(address, rules)
      // The address is left out: it would tell a tenant what internal names resolve to.
      if (!verdict.ok) throw new BlockedTargetError(`${hostname}: ${verdict.reason}`)
    }
    if (addresses.length === 0) throw notFound(hostname)
    return addresses
  }
}

function asLookup(addressesOf: Lookup): LookupFunction {
  const judged = callbackify(async (hostname: string) => {
    const addresses = await addressesOf(hostname)
    return { addresses, first: addresses[0] as ResolvedAddress }
  })
  return (hostname, options, callback) => {
    judged(hostname, (error, found) => {
      if (error) callback(error, '', 0)
      else if (options.all === true) callback(null, found.addresses)
      else callback(null, found.first.address, found.first.family)
    })
  }
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name ${hostname} has no address`), { code: 'ENOTFOUND' })
}

async function systemLookup(hostname: string): Promise<ResolvedAddress[]> {
  return dns.lookup(hostname, { all: true })
}

/** Look-ups run on few threads of the process: a name whose server is slow must not take more than one. */
function shareConcurrent(lookup: Lookup): Lookup {
  const running = new Map<string, Promise<ResolvedAddress[]>>()
  return (hostname) => {
    const known = running.get(hostname)
    if (known) return known
    const started = lookup(hostname).finally(() => running.delete(hostname))
    running.set(hostname, started)
    return started
  }
}
