import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to the real MongoDB that a test may cut: faults of the network, which MongoDB itself knows nothing of. */
export interface MongoProxy {
  /** Of the same MongoDB by this way. */
  uri: string
  /** Cuts the way: connections end and new ones are refused, until `open`. */
  cut: () => void
  /** Says nothing more, as a frozen MongoDB: connections are taken and stay without an answer, until `open`. */
  freeze: () => void
  open: () => void
  /** Cuts the way when the next request that holds a match comes; resolves when it is cut. */
  lose: (part: 'request' | 'answer', request: RegExp) => Promise<void>
  close: () => Promise<void>
}

/** How long MongoDB has for a request whose answer gets lost. */
const TAKEN_MS = 100

export async function startMongoProxy(mongodbUri: string): Promise<MongoProxy> {
  const target = new URL(mongodbUri)
  const sockets = new Set<Socket>()
  let way: 'open' | 'cut' | 'frozen' = 'open'
  let watched: { part: 'request' | 'answer'; request: RegExp; lost: () => void } | undefined

  function end(): void {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }

  function cut(): void {
    way = 'cut'
    end()
  }

  function pass(chunk: Buffer, upstream: Socket): void {
    if (way !== 'open') return
    const loss = watched?.request.test(chunk.toString('latin1')) ? watched : undefined
    if (loss?.part !== 'request') upstream.write(chunk)
    if (!loss) return
    watched = undefined
    way = 'frozen'
    setTimeout(() => {
      cut()
      loss.lost()
    }, TAKEN_MS)
  }

  const server = createServer((client) => {
    if (way === 'cut') {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => [client, upstream].forEach((one) => one.destroy()))
    }
    client.on('data', (chunk) => pass(chunk, upstream))
    upstream.on('data', (chunk) => {
      if (way === 'open') client.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const uri = new URL(mongodbUri)
  uri.port = String((server.address() as AddressInfo).port)
  uri.searchParams.delete('replicaSet')
  // Else the driver would go to where the replica set says that it is.
  uri.searchParams.set('directConnection', 'true')
  return {
    uri: uri.toString(),
    cut,
    freeze: () => void (way = 'frozen'),
    open: () => {
      // What was said meanwhile is lost, so that these connections are of no use any more.
      end()
      way = 'open'
    },
    lose: (part, request) => new Promise((lost) => (watched = { part, request, lost: () => lost() })),
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
