import { heartbeat } from '@temporalio/activity'
import type { Delivery } from '../src/domain/delivery'
import type { Erasure } from '../src/domain/erasure'
import type { ErasedEvent } from '../src/store/erasing'
import type { ActivityDeps } from './deps'
import type { Activities, ErasureStep } from './types'

const HEARTBEAT_MS = 2_000
/** Events that are erased together. */
const PAGE = 100
/** After which it looks again at what is being dispatched, or attempted, just now. */
const SOON_MS = 500
/** What is no younger and cannot be opened is not about to be dispatched: nobody has it in memory for that. */
const SETTLED_MS = 2 * 60_000
/** Longer than any time-out of a webhook: a POST that began before it has ended, whatever its record says. */
const IN_FLIGHT_MS = 3 * 60_000

type EraseDeps = Pick<ActivityDeps, 'erasures' | 'erasing' | 'events' | 'legalHolds' | 'tenants' | 'messenger' | 'wakeQueue' | 'faults'>

/** One page of an erasure: data first, so that nothing new is made of it, then deliveries, then answers. */
export function createErase(deps: EraseDeps): Activities['erasePage'] {
  return async ({ tenantId, erasureId }) => {
    const beat = setInterval(heartbeat, HEARTBEAT_MS)
    try {
      const erasure = await deps.erasures.get(tenantId, erasureId)
      return erasure?.status === 'running' ? await step(deps, erasure) : { kind: 'ended' }
    } finally {
      clearInterval(beat)
    }
  }
}

async function step(deps: EraseDeps, erasure: Erasure): Promise<ErasureStep> {
  const { erasures, erasing, faults } = deps
  const { tenantId } = erasure
  if (await isHeld(deps, erasure)) {
    // Of a page that was begun the data is gone, whatever there is of the rest.
    const gone = await erasing.blanked(erasure)
    await erasures.end(erasure, 'refused', await erasing.tally(tenantId, gone.length, await erasing.deliveriesOf(tenantId, gone)))
    return { kind: 'ended' }
  }
  const page = await erasing.next(erasure, PAGE)
  if (page.length === 0) {
    await erasures.end(erasure, 'finished')
    return { kind: 'ended' }
  }
  const blanked = await blank(deps, erasure, page)
  faults('after-blank')
  // In order, so that the cursor passes over none: behind one that is about to be dispatched the others wait.
  const first = page.findIndex(({ eventId }) => !blanked.has(eventId))
  const done = first === -1 ? page : page.slice(0, first)
  const last = done.at(-1)
  if (!last) return soon()
  const eventIds = done.map(({ eventId }) => eventId)
  deps.events.forget(tenantId, eventIds)
  const deliveries = await giveUp(deps, tenantId, eventIds)
  if (deliveries.some(isInFlight)) return soon()
  await erasing.blankAnswers(tenantId, deliveries)
  await erasures.advance(erasure, last.cursor, await erasing.tally(tenantId, eventIds.length, deliveries))
  return { kind: 'wait', until: Date.now() + 1 }
}

async function blank({ erasing, events }: EraseDeps, erasure: Erasure, page: ErasedEvent[]): Promise<Set<string>> {
  const blanked = new Set(await erasing.blank(erasure, page.map(({ eventId }) => eventId)))
  const standing = page.filter(({ eventId, createdAt }) => !blanked.has(eventId) && Date.now() - createdAt.getTime() >= SETTLED_MS).map(({ eventId }) => eventId)
  if (standing.length === 0) return blanked
  const opened = new Set((await events.load(erasure.tenantId, standing)).map(({ id }) => id))
  const unopened = standing.filter((eventId) => !opened.has(eventId))
  return new Set([...blanked, ...(await erasing.blankUnopened(erasure, unopened))])
}

async function isHeld({ legalHolds, tenants }: EraseDeps, { tenantId, entityId }: Erasure): Promise<boolean> {
  const [hold, tenant] = await Promise.all([legalHolds.get(tenantId, entityId), tenants.get(tenantId)])
  return hold !== undefined || tenant?.legalHoldSince !== undefined
}

/** Cancels what is not final, tells who had it in hand, and answers how all of it stands. */
async function giveUp({ erasing, messenger, wakeQueue, faults }: EraseDeps, tenantId: string, eventIds: string[]): Promise<Delivery[]> {
  await erasing.cancel(tenantId, eventIds)
  faults('after-erasure-cancel')
  const deliveries = await erasing.deliveriesOf(tenantId, eventIds)
  const ours = deliveries.filter(({ cancelledReason }) => cancelledReason === 'event erased')
  await messenger.tell(tenantId, ours.filter(({ untold }) => untold !== undefined))
  // What stands behind one of them in an ordered webhook goes on.
  for (const webhookId of new Set(ours.filter(({ turn }) => turn !== undefined).map(({ webhookId }) => webhookId))) wakeQueue(tenantId, webhookId)
  return deliveries
}

/** Its answer is still to be recorded. */
function isInFlight({ token, intents }: Delivery): boolean {
  return token !== undefined && Date.now() - (intents.at(-1)?.getTime() ?? 0) < IN_FLIGHT_MS
}

const soon = (): ErasureStep => ({ kind: 'wait', until: Date.now() + SOON_MS })
