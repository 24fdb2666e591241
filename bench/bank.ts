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

/** A tenant that has seen nothing yet. */
export interface Tenant {
  /** No other run has it: workflow ids are unique for all Heralds of a Temporal namespace. */
  tenantId: string
  /** May publish and nothing else, as a service of the bank has it. */
  key: string
  subscribe: (target: Target, options?: object) => Promise<Subscription>
}

export interface Publishing {
  /** Who publishes, in turn; the bank's own tenant without it. */
  tenants?: Tenant[]
  /** The Event ID of each event. */
  types?: number[]
  note?: string
}

/** One run's Herald, warmed up, with a tenant. */
export interface Bank extends Tenant {
  herald: HeraldProcess
  /** Reads what Herald remembers. */
  store: StoreConnection
  /** Another tenant. */
  openTenant: (name: string) => Promise<Tenant>
  /** Answers when each event was published. */
  publish: (prefix: string, load: Load, publishing?: Publishing) => Promise<number[]>
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
  const own = await openTenant(stage, herald, herald.database)
  const store = await connectStore(stage.stack.mongodbUri, herald.database)
  const { pids } = stage.stack
  return {
    ...own,
    herald,
    store,
    openTenant: (name) => openTenant(stage, herald, `${herald.database}-${name}`),
    publish: (prefix, { events, pace, batch, orderingKeys }, { tenants = [own], ...publishing } = {}) =>
      publish(stage, herald, tenants, { prefix, events, pace, ...(batch !== undefined && { batch }), ...(orderingKeys !== undefined && { orderingKeys }), ...publishing }),
    get pids() {
      return {
        herald: herald.pid,
        temporal: pids.temporal ?? 0,
        mongod: pids.mongodb ?? 0,
        load: stage.load.pid,
        receiver: stage.receiver.pid,
      }
    },
    stop: async () => {
      await store.close()
      await herald.stop()
    },
  }
}

async function openTenant(stage: Stage, herald: HeraldProcess, tenantId: string): Promise<Tenant> {
  await herald.call('POST', '/v1/tenants', { id: tenantId })
  const input = { name: 'load', scopes: ['publish'] }
  const { key } = await herald.call<{ key: string }>('POST', '/v1/api-keys', input, tenantId)
  return { tenantId, key, subscribe: (target, options = {}) => subscribe(stage, herald, tenantId, target, options) }
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

type Publication = Load & { prefix: string } & Omit<Publishing, 'tenants'>

const publish = (stage: Stage, { url }: HeraldProcess, tenants: Tenant[], publication: Publication): Promise<number[]> =>
  stage.load.call('publish', { url, keys: tenants.map(({ key }) => key), ...publication })

async function warmUp(stage: Stage, herald: HeraldProcess): Promise<void> {
  const tenant = await openTenant(stage, herald, `${herald.database}-warm-up`)
  await tenant.subscribe({ path: '/warm-up' })
  await publish(stage, herald, [tenant], { prefix: 'warm-up', ...WARM_UP })
  await stage.receiver.call('expect', { count: WARM_UP.events, silenceMs: 30_000 })
  await stage.receiver.call('collect')
}
