import { once } from 'node:events'
import { connect, createSecureServer, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Issued } from './loopback-certificates'

/** What stands before the real Temporal where it is asked for: TLS, client certificates, API keys. */
export interface TemporalFront {
  address: string
  /** Names of the clients that came in, by their certificates. */
  clients: Set<string>
  close: () => Promise<void>
}

export interface Demands {
  identity: Issued
  /** Clients show a certificate of this authority. */
  clientCa?: string
  /** Every call shows this key. */
  apiKey?: string
}

const UNAUTHENTICATED = '16'
/** Headers of one connection, which the next has of its own (RFC 9113, 8.2.2), and HTTP/2's own. */
const passed = (headers: IncomingHttpHeaders): IncomingHttpHeaders => ({ ...headers, ':scheme': 'http' })

/** Passes each call of gRPC on, as it comes, over HTTP/2 without TLS. */
export async function startTemporalFront(temporalAddress: string, { identity, clientCa, apiKey }: Demands): Promise<TemporalFront> {
  const clients = new Set<string>()
  const upstreams = new Set<ClientHttp2Session>()
  const server = createSecureServer({ ...identity, ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }) })

  function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED, 'grpc-message': 'this API key is not known' }, { endStream: true })
      return
    }
    const request = upstream.request(passed(headers))
    let trailers: IncomingHttpHeaders = {}
    request.on('response', (answer) => stream.closed || stream.respond(answer, { waitForTrailers: true }))
    request.on('trailers', (found) => (trailers = found))
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.on('close', () => request.close())
    for (const each of [request, stream]) each.on('error', () => undefined)
    stream.pipe(request)
    request.pipe(stream)
  }

  server.on('session', (session) => {
    const { CN } = (session.socket as TLSSocket).getPeerCertificate()?.subject ?? {}
    if (CN !== undefined) clients.add(String(CN))
    const upstream = connect(`http://${temporalAddress}`)
    upstreams.add(upstream)
    upstream.on('error', () => session.destroy())
    session.on('error', () => undefined)
    session.on('close', () => upstream.destroy())
    session.on('stream', (stream, headers) => pass(stream, headers, upstream))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    clients,
    close: async () => {
      for (const upstream of upstreams) upstream.destroy()
      server.close()
      await Promise.race([once(server, 'close'), new Promise((resolve) => setTimeout(resolve, 1_000))])
    },
  }
}
