import { setTimeout as wait } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Models } from './models'
import type { DeliveryRecord } from './records'

/** Who wants to know what happens to a tenant's deliveries. */
export interface ChangeListener {
  /** These were made, or have changed. */
  onChanged: (ids: string[]) => void
  /** Some changes were missed, or were too many: what is known is to be read again. */
  onMissed: () => void
  /** Nothing comes any more: this process stops. */
  onEnd: () => void
}

/** One change stream of MongoDB for all who listen in this process; none where nobody does. */
export interface DeliveryChanges {
  /** Resolves once nothing is missed from there on; answers how to stop it. */
  listen: (tenantId: string, listener: ChangeListener) => Promise<() => void>
  close: () => Promise<void>
}

/** Changes are gathered for so long: a delivery that changes several times is read once. */
const GATHER_MS = 250
/** Gathered at once; nobody reads more than that. */
const MOST_GATHERED = 5_000
const KNOWN_TENANTS = 50_000
const REOPEN_MS = 1_000

const WATCHED = [
  { $match: { operationType: { $in: ['insert', 'update', 'replace'] } } },
  { $project: { operationType: 1, documentKey: 1, 'fullDocument.tenantId': 1 } },
]

export function createDeliveryChanges({ hot: { deliveries } }: Models, onAway: (error: unknown) => void): DeliveryChanges {
  const listeners = new Map<string, Set<ChangeListener>>()
  /** An update does not say whose delivery it is. */
  const tenantOf = new LRUCache<string, string>({ max: KNOWN_TENANTS })
  let gathered = new Set<string>()
  let watching: { stop: AbortController; isOpen: Promise<void>; ended: Promise<void> } | undefined
  let isClosed = false

  const everybody = (): ChangeListener[] => [...listeners.values()].flatMap((some) => [...some])
  const missed = (): void => everybody().forEach((listener) => listener.onMissed())

  function gather(change: { documentKey: { _id: string }; fullDocument?: { tenantId?: string } }): void {
    const { _id } = change.documentKey
    const tenantId = change.fullDocument?.tenantId
    if (tenantId !== undefined) tenantOf.set(_id, tenantId)
    if (gathered.size < MOST_GATHERED) gathered.add(_id)
  }

  async function handOut(): Promise<void> {
    const ids = [...gathered]
    gathered = new Set()
    if (ids.length === 0) return
    if (ids.length >= MOST_GATHERED) return missed()
    const unknown = ids.filter((id) => !tenantOf.has(id))
    if (unknown.length > 0) {
      const found = deliveries.find({ _id: { $in: unknown } }, { projection: { tenantId: 1 }, hint: { _id: 1 } })
      for await (const { _id, tenantId } of found) tenantOf.set(_id, tenantId)
    }
    for (const [tenantId, some] of listeners) {
      const own = ids.filter((id) => tenantOf.get(id) === tenantId)
      if (own.length > 0) some.forEach((listener) => listener.onChanged(own))
    }
  }

  async function watchOnce(stop: AbortSignal, onOpen: () => void): Promise<void> {
    const stream = deliveries.watch<DeliveryRecord>(WATCHED)
    const close = (): void => void stream.close().catch(() => undefined)
    stop.addEventListener('abort', close, { once: true })
    let handing = Promise.resolve()
    const timer = setInterval(() => void (handing = handing.then(handOut).catch(missed)), GATHER_MS)
    try {
      // The first look opens the stream.
      const first = await stream.tryNext()
      onOpen()
      for (let change: unknown = first; !stop.aborted; change = await stream.next()) {
        if (change) gather(change as Parameters<typeof gather>[0])
      }
    } finally {
      clearInterval(timer)
      stop.removeEventListener('abort', close)
      close()
      await handing
    }
  }

  function watch(): NonNullable<typeof watching> {
    const stop = new AbortController()
    let onOpen: () => void = () => undefined
    const isOpen = new Promise<void>((resolve) => (onOpen = resolve))
    let hasOpened = false
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await watchOnce(stop.signal, () => {
          if (hasOpened) missed()
          hasOpened = true
          onOpen()
        }).catch((error: unknown) => {
          if (!stop.signal.aborted) onAway(error)
        })
        if (!stop.signal.aborted) await wait(REOPEN_MS, undefined, { signal: stop.signal }).catch(() => undefined)
      }
    }
    return { stop, isOpen, ended: run() }
  }

  function stopListening(tenantId: string, listener: ChangeListener): void {
    const own = listeners.get(tenantId)
    own?.delete(listener)
    if (own?.size === 0) listeners.delete(tenantId)
    if (listeners.size > 0) return
    watching?.stop.abort()
    watching = undefined
  }

  return {
    listen: async (tenantId, listener) => {
      if (isClosed) {
        listener.onEnd()
        return () => undefined
      }
      const own = listeners.get(tenantId) ?? new Set()
      listeners.set(tenantId, own.add(listener))
      watching ??= watch()
      await watching.isOpen
      return () => stopListening(tenantId, listener)
    },
    close: async () => {
      isClosed = true
      everybody().forEach((listener) => listener.onEnd())
      watching?.stop.abort()
      await watching?.ended
    },
  }
}
