import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { choosePort } from '../../src/stack/ports'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { startReceiver, type Receiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'

const HERALD = path.resolve(__dirname, '../../dist/src/bin/herald.js')
const name = `roles-${randomBytes(5).toString('hex')}`
const encryptionKey = randomBytes(32).toString('base64')
const children: ChildProcess[] = []
let receiver: Receiver

function start(role: 'api' | 'worker', port: number): ChildProcess {
  const { mongodbUri, temporalAddress } = sharedStack()
  const env = {
    PATH: process.env['PATH'],
    MONGODB_URI: mongodbUri,
    TEMPORAL_ADDRESS: temporalAddress,
    HERALD_DATABASE: name,
    HERALD_TASK_QUEUE: name,
    HERALD_ADMIN_KEY: ADMIN_KEY,
    HERALD_ENCRYPTION_KEY: encryptionKey,
    HERALD_ALLOW_TARGETS: '127.0.0.0/8',
    PORT: String(port),
  }
  const child = spawn(process.execPath, [HERALD, role], { env, stdio: 'ignore' })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

const freePort = (): Promise<number> => choosePort('Herald', 0, () => undefined)

const healthy = (url: string) => until(() => fetch(`${url}/readyz`).then(({ ok }) => ok, () => false))

beforeAll(async () => {
  receiver = await startReceiver({ answer: 500 })
})
afterAll(async () => {
  await Promise.all(children.map(end))
  await receiver.close()
})

it('works as separate API and worker processes, and a retry waits for a worker that is away', async () => {
  const [apiPort, workerPort] = [await freePort(), await freePort()]
  start('api', apiPort)
  const worker = start('worker', workerPort)
  await Promise.all([healthy(`http://127.0.0.1:${apiPort}`), healthy(`http://127.0.0.1:${workerPort}`)])
  const api = createApi(`http://127.0.0.1:${apiPort}`)
  const bank = createBank(api)
  await bank.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const eventId = await bank.publish()
  const { id } = await bank.inStatus('parked', eventId)

  expect(await end(worker)).toBe(0)
  receiver.answer = 200
  expect((await api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202)
  const whileAway = await bank.publish()
  expect(receiver.requests).toHaveLength(2)
  start('worker', workerPort)

  expect(await bank.inStatus('delivered', eventId, undefined, 40_000)).toMatchObject({ round: 1, attemptCount: 3 })
  await bank.inStatus('delivered', whileAway, undefined, 40_000)
})
