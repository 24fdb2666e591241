import { createServer, type Server, type Socket } from 'node:net'
import { HOSTILE, type Hostility } from './hostile-answers'

export interface HostileServer {
  url: string
  /** Connections that are open now and had a request: undici makes a spare one in the place of one that was cut. */
  open: () => number
  close: () => Promise<void>
}

/** A raw TCP server that does one of these with every connection. */
export async function startHostileServer({ answer, atConnect }: Hostility): Promise<HostileServer> {
  const [sockets, asked] = [new Set<Socket>(), new Set<Socket>()]
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => [sockets, asked].forEach((all) => all.delete(socket)))
    if (atConnect) {
      answer(socket)
      return
    }
    // Of whoever has gone, half a connection would stay.
    socket.on('end', () => socket.end())
    socket.once('data', () => {
      asked.add(socket)
      answer(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    open: () => asked.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen')
  return address.port
}

/** In a process of its own, so that what it holds is not counted: a server for each hostility; their addresses go to the parent. */
if (process.argv[2] === 'all') {
  void Promise.all(Object.values(HOSTILE).flat().map(startHostileServer)).then((servers) => {
    process.send?.(servers.map(({ url }) => url))
  })
  process.on('disconnect', () => process.exit())
}
