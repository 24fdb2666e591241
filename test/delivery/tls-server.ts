import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface TlsServer {
  port: number
  /** By the name that test certificates are for, unless another is given. */
  url: (name?: string) => string
  /** The serial numbers of the client certificates, one a request; empty where none was shown. */
  clients: string[]
  connections: () => number
  close: () => Promise<void>
}

/** A real HTTPS receiver on loopback, which answers 200. */
export async function startTlsServer(options: ServerOptions): Promise<TlsServer> {
  const clients: string[] = []
  let connections = 0
  const server: Server = createServer(options, (request, response) => {
    clients.push((request.socket as TLSSocket).getPeerCertificate().serialNumber ?? '')
    request.resume()
    response.end()
  })
  server.on('secureConnection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: (name = 'receiver.test') => `https://${name}:${port}/`,
    clients,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
