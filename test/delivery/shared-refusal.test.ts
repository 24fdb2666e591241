import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Server } from 'node:http'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import { startReceiver } from '../support/receiver'
import { aPost } from './requests'

const AT_ONCE = 20

const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [] })
const post = createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })
let server: Server | undefined
let connections = 0
const count = (): void => void (connections += 1)

beforeAll(() => subscribe('net.client.socket', count))
beforeEach(() => (connections = 0))
afterEach(() => server?.close())
afterAll(async () => {
  unsubscribe('net.client.socket', count)
  await dispatcher.destroy()
})

const postMany = (url: string) => Promise.all(Array.from({ length: AT_ONCE }, () => post(aPost(url))))

/** A port that nobody listens on any more. */
async function deadPort(): Promise<number> {
  const receiver = await startReceiver()
  await receiver.close()
  return receiver.port
}

describe('an origin that refuses connections', () => {
  it('is asked by one connection for all POSTs of the moment, each of which has the outcome', async () => {
    const url = `http://127.0.0.1:${await deadPort()}/hook`
    await post(aPost(url))
    connections = 0
    const exchanges = await postMany(url)

    expect(exchanges.map(({ outcome }) => outcome)).toEqual(
      exchanges.map(() => expect.objectContaining({ kind: 'failed', detail: expect.stringContaining('ECONNREFUSED') })),
    )
    expect(connections).toBe(1)
  })

  it('gets every POST once it accepts again, also those that waited for the connection that found it out', async () => {
    const port = await deadPort()
    const url = `http://127.0.0.1:${port}/hook`
    await post(aPost(url))
    let requests = 0
    server = createServer((request, response) => {
      requests += 1
      request.resume()
      response.end()
    })
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve))
    const exchanges = await postMany(url)

    expect(exchanges.map(({ outcome }) => outcome.kind)).toEqual(exchanges.map(() => 'delivered'))
    expect(requests).toBe(AT_ONCE)
  })
})

describe('one that accepted its last connection', () => {
  it('is asked by each POST for itself: what refuses one may take the next', async () => {
    const url = `http://127.0.0.1:${await deadPort()}/hook`
    await postMany(url)
    expect(connections).toBe(AT_ONCE)
  })
})
