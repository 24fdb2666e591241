import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { readKeyPair, type CertificateSource } from './certificate'
import type { Logger } from './logger'

/** Where a process listens. */
export interface HttpSettings {
  host: string
  port: number
  /** Where operators and what watches Herald are served; with everybody else when not given. */
  opsPort?: number
  /** None: plain HTTP. */
  tls?: CertificateSource
}

export interface Listening {
  /** For everybody; operators are at `opsUrl` where that is another one. */
  url: string
  opsUrl?: string
  /** Takes the certificate anew, where its files have changed. */
  renewCertificate: () => void
  /** No new connections; those without a request end now, all of them after `graceMs`. */
  close: (beforeWaiting: () => Promise<void>, graceMs: number) => Promise<void>
}

export interface Apps {
  /** None in a process that has nothing for everybody, where `ops` has a port of its own. */
  app?: RequestListener
  ops?: RequestListener
}

/** Whoever sends slowly does not hold a connection for long. */
const SLOW_CALLERS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 }
const LEAST_TLS = 'TLSv1.2'
/** Whoever replaces the files need not tell: Kubernetes, for one, cannot. */
const LOOK_EVERY_MS = 10_000

export async function listen({ host, port, opsPort, tls }: HttpSettings, { app, ops }: Apps, logger: Logger): Promise<Listening> {
  const certificate = tls && createCertificate(tls, logger)
  const make = (listener: RequestListener): Server => (certificate ? certificate.serve(listener) : createServer(SLOW_CALLERS, listener))
  const servers: Server[] = []

  async function open(listener: RequestListener, at: number): Promise<string> {
    const server = make(listener).listen(at, host)
    await Promise.race([once(server, 'listening'), once(server, 'error').then(([error]) => Promise.reject(error as Error))])
    servers.push(server)
    return urlOf(server, tls !== undefined)
  }

  try {
    const url = app && (await open(app, port))
    const opsUrl = ops && (await open(ops, opsPort ?? port))
    return {
      url: url ?? opsUrl ?? '',
      ...(opsUrl !== undefined && { opsUrl }),
      renewCertificate: certificate?.renew ?? (() => undefined),
      close: async (beforeWaiting, graceMs) => {
        certificate?.stop()
        await closeAll(servers, beforeWaiting, graceMs)
      },
    }
  } catch (error) {
    certificate?.stop()
    for (const server of servers) server.close()
    throw error
  }
}

function urlOf(server: Server, isTls: boolean): string {
  const { address, port } = server.address() as AddressInfo
  return `${isTls ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** What is not usable is not taken: of two files, one is replaced before the other. */
function createCertificate(source: CertificateSource, logger: Logger): { serve: (listener: RequestListener) => Server; renew: () => void; stop: () => void } {
  let current = readKeyPair(source)
  let refused = ''
  const servers: TlsServer[] = []

  function renew(): void {
    try {
      const found = readKeyPair(source)
      refused = ''
      if (found.cert === current.cert && found.key === current.key) return
      current = found
      for (const server of servers) server.setSecureContext({ ...current, minVersion: LEAST_TLS })
      logger.info('the certificate of the API was renewed')
    } catch (error) {
      const { message } = error as Error
      if (message !== refused) logger.error({ err: error }, 'the new certificate of the API cannot be used: the one before goes on')
      refused = message
    }
  }

  const look = setInterval(renew, LOOK_EVERY_MS).unref()
  return {
    serve: (listener) => {
      const server = createTlsServer({ ...SLOW_CALLERS, ...current, minVersion: LEAST_TLS }, listener)
      servers.push(server)
      return server
    },
    renew,
    stop: () => clearInterval(look),
  }
}

async function closeAll(servers: Server[], beforeWaiting: () => Promise<void>, graceMs: number): Promise<void> {
  const closed = servers.map((server) => once(server, 'close'))
  for (const server of servers) server.close()
  await beforeWaiting()
  for (const server of servers) server.closeIdleConnections()
  const forced = setTimeout(() => servers.forEach((server) => server.closeAllConnections()), graceMs)
  await Promise.all(closed)
  clearTimeout(forced)
}
