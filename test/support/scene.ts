import { randomBytes } from 'node:crypto'
import { createBank, type Bank } from './bank'
import { ADMIN_KEY, createApi, startTestHerald, type Api, type TestHerald, type TestOptions } from './herald'
import { startReceiver, type Answer, type Receiver } from './receiver'

/** A running Herald; every test acts for a tenant of its own. */
export interface Scene extends Bank {
  herald: TestHerald
  tenantId: string
  /** Calls the API for the test's tenant. */
  api: Api
  /** A receiver that is closed with the scene. */
  receiver: (answer?: Answer) => Promise<Receiver>
}

/** Sets a scene before a file's tests and clears it after them. */
export function useScene(options: TestOptions = {}): Scene {
  const receivers: Receiver[] = []
  const scene = {
    receiver: async (answer: Answer = 200) => {
      const receiver = await startReceiver({ answer })
      receivers.push(receiver)
      return receiver
    },
  } as Scene

  beforeAll(async () => {
    scene.herald = await startTestHerald(options)
  })
  beforeEach(async () => {
    scene.tenantId = `bank-${randomBytes(5).toString('hex')}`
    await scene.herald.api('POST', '/v1/tenants', { id: scene.tenantId, name: 'A bank' })
    scene.api = createApi(scene.herald.url, ADMIN_KEY, scene.tenantId)
    Object.assign(scene, createBank(scene.api))
  })
  afterAll(async () => {
    await scene.herald?.stop()
    await Promise.all(receivers.map((receiver) => receiver.close()))
  })
  return scene
}
