import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Issued } from './certificates'

/** A real proxy, which opens whatever way it is asked for, unless `refuse` says a status, or that it never answers. */
export interface Proxy {
  port: number
  url: (userInfo?: string) => string
  asked: { authority: string; authorization: string | undefined }[]
  refuse: (authority: string) => number | 'never' | undefined
  close: () => void
}

export async function startProxy(tls?: Issued, port = 0): Promise<Proxy> {
  const server: Server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }) : createServer()
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  const { port: own } = server.address() as AddressInfo
  const sockets = new Set<{ destroy: () => void }>()
  const made: Proxy = {
    port: own,
    url: (userInfo = '') => `${tls ? 'https' : 'http'}://${userInfo}localhost:${own}`,
    asked: [],
    refuse: () => undefined,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)))
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const target = request.url ?? ''
    made.asked.push({ authority: target, authorization: request.headers['proxy-authorization'] })
    const status = made.refuse(target)
    sockets.add(client.on('error', () => undefined))
    if (status === 'never') return
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${target}`)
    const upstream = connect(Number(port || 80), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(upstream).pipe(client)
    })
    sockets.add(upstream.on('error', () => client.destroy()))
  })
  return made
}
