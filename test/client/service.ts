import { Client, Connection } from '@temporalio/client'
import { randomBytes } from 'node:crypto'
import { heraldDataConverter } from '../../src'
import type { Scene } from '../support/scene'

/** What a bank's service has: a connection of its own, and Temporal's client. */
export interface Service {
  client: Client
  /** The same connection, sealing with this key. */
  sealing: (key: Buffer) => Client
}

/** Connects before a file's tests; set up after the scene. */
export function useService(scene: Scene): Service {
  const service = {} as Service
  let connection: Connection

  beforeAll(async () => {
    const { address, namespace } = scene.herald.config.temporal
    connection = await Connection.connect({ address })
    service.client = new Client({ connection, namespace })
    service.sealing = (key) => new Client({ connection, namespace, dataConverter: heraldDataConverter(key) })
  })
  afterAll(() => connection?.close())
  return service
}

export const newEventId = (): string => `evt-${randomBytes(6).toString('hex')}`
