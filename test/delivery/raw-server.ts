import { createServer, type Socket } from 'node:net'

export interface RawServer {
  url: string
  /** How many requests (heads) have arrived on all connections. */
  requests(): number
  close(): Promise<void>
}

/** A TCP server that says what no HTTP server would: `onRequest` gets the socket and the request's number there, from 1. */
export async function startRawServer(onRequest: (socket: Socket, n: number) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let total = 0
  const server = createServer((socket) => {
    let n = 0
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data) => {
      if (!data.toString('latin1').startsWith('POST ')) return
      total++
      onRequest(socket, ++n)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The raw server does not listen')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    requests: () => total,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
