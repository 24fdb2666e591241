import { connectStore, type StoreConnection } from '../src/store/connect'
import { startHerald, type HeraldProcess } from './herald'
import { WARM_UP, type Load } from './plan'
import type { Stage } from './stage'

export interface Subscription {
  id: string
  secret: string
  /** At the receiver; nothing when it goes elsewhere. */
  path?: string
}

/** A path of the receiver, with what the URL says after it, or any other URL. */
export type Target = { path: string; query?: string } | { url: string }

/** One run's Herald, warmed up, with a tenant that has seen nothing yet. */
export interface Bank {
  /** No other run has it: workflow ids are unique for all Heralds of a Temporal namespace. */
  tenantId: string
  herald: HeraldProcess
  /** Reads what Herald remembers. */
  store: StoreConnection
  subscribe: (target: Target, options?: object) => Promise<Subscription>
  /** Answers when each event was published. */
  publish: (prefix: string, load: Load, note?: string) => Promise<number[]>
  /** By process, for the meter. */
  pids: Record<string, number>
  stop: () => Promise<void>
}

export async function openBank(stage: Stage, run: string): Promise<Bank> {
  const herald = await startHerald(stage, run)
  try {
    return await open(stage, herald)
  } catch (error) {
    await herald.stop()
    throw error
  }
}

async function open(stage: Stage, herald: HeraldProcess): Promise<Bank> {
  await warmUp(stage, herald)
  const tenantId = herald.database
  const key = await openTenant(herald, tenantId)
  const store = await connectStore(stage.stack.mongodbUri, herald.database)
  const { pids } = stage.stack
  return {
    tenantId,
    herald,
    store,
    subscribe: (target, options = {}) => subscribe(stage, herald, tenantId, target, options),
    publish: (prefix, { events, pace, batch }, note) =>
      stage.load.call('publish', { url: herald.url, key, prefix, events, pace, ...(batch !== undefined && { batch }), ...(note !== undefined && { note }) }),
    pids: {
      herald: herald.pid,
      temporal: pids.temporal ?? 0,
      mongod: pids.mongodb ?? 0,
      load: stage.load.pid,
      receiver: stage.receiver.pid,
    },
    stop: async () => {
      await store.close()
      await herald.stop()
    },
  }
}

/** Answers a key that may publish and nothing else, as a service of the bank has it. */
async function openTenant(herald: HeraldProcess, tenantId: string): Promise<string> {
  await herald.call('POST', '/v1/tenants', { id: tenantId })
  const input = { name: 'load', scopes: ['publish'] }
  return (await herald.call<{ key: string }>('POST', '/v1/api-keys', input, tenantId)).key
}

async function subscribe(
  stage: Stage,
  herald: HeraldProcess,
  tenantId: string,
  target: Target,
  options: object,
): Promise<Subscription> {
  const url = 'path' in target ? stage.receiverUrl + target.path + (target.query ?? '') : target.url
  const input = { url, eventTypes: ['TRANSACTION SUCCESSFUL'], ...options }
  const { id, secret } = await herald.call<Subscription>('POST', '/v1/webhooks', input, tenantId)
  return { id, secret, ...('path' in target && { path: target.path }) }
}

async function warmUp(stage: Stage, herald: HeraldProcess): Promise<void> {
  const tenantId = `${herald.database}-warm-up`
  const key = await openTenant(herald, tenantId)
  await subscribe(stage, herald, tenantId, { path: '/warm-up' }, {})
  await stage.load.call('publish', { url: herald.url, key, prefix: 'warm-up', ...WARM_UP })
  await stage.receiver.call('expect', { count: WARM_UP.events, silenceMs: 30_000 })
  await stage.receiver.call('collect')
}
