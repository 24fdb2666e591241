import { LRUCache } from 'lru-cache'
import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../src/domain/delivery'
import type { ReleaseStore } from '../src/store/releases'

export interface Pace {
  perSecond: number
  /** Each call resolves one step after the one before it. */
  turn: () => Promise<void>
}

/** The pace of each release, over all webhooks that this process serves. */
export interface Paces {
  /** Those of the deliveries that go at the pace of the first of them. */
  of: (tenantId: string, deliveries: Delivery[]) => Promise<{ pace?: Pace; alike: Delivery[] }>
}

/** What does not belong to the release waits meanwhile: not for long. */
const PAGE_SECONDS = 0.5

export function createPaces(releases: Pick<ReleaseStore, 'get'>): Paces {
  const paces = new LRUCache<string, Pace>({ max: 10_000 })

  return {
    of: async (tenantId, deliveries) => {
      const releaseId = deliveries[0]?.releaseId
      const alike = deliveries.filter((delivery) => delivery.releaseId === releaseId)
      const release = releaseId === undefined ? undefined : await releases.get(tenantId, releaseId)
      if (!release) return { alike }
      const { id, perSecond } = release
      const key = `${id}/${perSecond}`
      const pace = paces.get(key) ?? createPace(perSecond)
      paces.set(key, pace)
      return { pace, alike: alike.slice(0, Math.max(1, Math.ceil(perSecond * PAGE_SECONDS))) }
    },
  }
}

function createPace(perSecond: number): Pace {
  const stepMs = 1_000 / perSecond
  let nextAt = 0
  return {
    perSecond,
    turn: async () => {
      const now = performance.now()
      const at = Math.max(now, nextAt)
      nextAt = at + stepMs
      if (at > now) await wait(at - now)
    },
  }
}
