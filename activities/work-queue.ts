import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { LRUCache } from 'lru-cache'
import { PERMIT_WAIT_MS, WEBHOOK_CAP } from '../src/domain/lanes'
import { isStoreAway } from '../src/store/errors'
import type { ActivityDeps } from './deps'
import { newLines, type Lines } from './lines'
import { createLinger } from './linger'
import { createPaces, type Paces } from './pace'
import { postAll, type PostBounds, type Posted } from './post-all'
import { postInOrder } from './post-in-order'
import { paceOf } from './queue-bounds'
import { createStays, PARKED_AT_ONCE } from './stay'
import { later, storeAway, type Outlook, type Page, type Shift } from './queue-shift'
import { putBack, recover, settle } from './settle-page'
import { PAGE, PAGE_MS, takePage } from './take-page'
import { createTurns } from './turns'
import type { Activities, QueueWork } from './types'
import { watchForStandstill } from './watch'

/** A third of what Temporal waits for: of many webhooks that fail, these are half of what is written there. */
const HEARTBEAT_MS = 5_000
/** For so long it goes on with new pages; what waits for other webhooks wants the slot too. */
const SHIFT_MS = 10_000
const QUICK_AT_ONCE = 16
/** After which it looks again when it got no permit. */
const SOON_MS = 1_000

/** What waits in a webhook's queue is attempted when its turn comes, one POST of each. */
export function createWorkQueue(deps: ActivityDeps): Activities['workQueue'] {
  const paces = createPaces(deps.releases)
  const lingers = createLinger(deps.stopping)
  const stays = createStays(deps)
  const scans = new LRUCache<string, Lines['scan']>({ max: 10_000 })
  const scanOf = (webhookId: string): Lines['scan'] => {
    const scan = scans.get(webhookId) ?? { after: '' }
    scans.set(webhookId, scan)
    return scan
  }

  return async ({ tenantId, webhookId, unsettled }): Promise<QueueWork> => {
    const { attempt, heartbeatDetails } = activityInfo()
    const parked: string[] = Array.isArray(heartbeatDetails) ? heartbeatDetails : []
    const givenUp = cancellationSignal()
    const watch = watchForStandstill()
    const run = deps.queueRuns.begin(webhookId, () => givenUp.aborted || watch.isLate())
    const shift: Shift = { tenantId, webhookId, endsAt: Date.now() + SHIFT_MS, run, parked, turns: createTurns(deps.turnsTaken, webhookId), linger: lingers(run.isOver), lines: newLines(scanOf(webhookId)) }
    const beat = setInterval(() => heartbeat(shift.parked), HEARTBEAT_MS)
    try {
      await run.alone
      shift.endsAt = Date.now() + SHIFT_MS
      const outlook = unsettled || attempt > 1 ? await recover(deps, shift) : undefined
      if (outlook) return { ...outlook, parked }
      const stay = stays(shift)
      for (;;) {
        const outlook = await work(deps, paces, shift)
        if (!(await stay(outlook))) return { ...outlook, parked }
        shift.endsAt = Date.now() + SHIFT_MS
      }
    } catch (error) {
      if (!isStoreAway(error)) throw error
      return { ...storeAway(), parked }
    } finally {
      clearInterval(beat)
      watch.end()
      shift.linger.end()
      if (run.end()) deps.wakeQueue(tenantId, webhookId)
      // What is on record already is late by a page at most.
      await shift.turns.close().catch(() => undefined)
    }
  }
}

/**
 * Page by page, until nothing is due or the time is over. While the POSTs of a page are under way the one
 * before is settled, and of a quick webhook the next is taken.
 */
async function work(deps: ActivityDeps, paces: Paces, shift: Shift): Promise<Outlook> {
  const take = (): Promise<Page | Outlook> => quiet(shift.linger.over(() => look(deps, paces, shift), isMore, shift.endsAt))
  const isQuick = (): boolean => deps.lanes.capacity(shift.webhookId, PAGE_MS) >= 2 * PAGE
  const isOver = (): boolean => deps.stopping.aborted || shift.run.isOver() || Date.now() > shift.endsAt || shift.parked.length >= PARKED_AT_ONCE
  let settling: Promise<boolean> = Promise.resolve(true)
  let ahead: Promise<Page | Outlook> | undefined
  try {
    for (;;) {
      let page = await (ahead ?? take())
      if ('kind' in page) {
        // It looked while some were being attempted: what has come of those counts.
        if (!(await settling)) return storeAway()
        page = await take()
        if ('kind' in page) return page
      } else if (ahead && !(await isActive(deps, shift))) {
        await putBack(deps, shift, page)
        ahead = undefined
        continue
      }
      ahead = !page.pace && !page.limit && !page.chains && isQuick() && !isOver() ? take() : undefined
      const posted = await post(deps, shift, page, {
        beginBefore: shift.endsAt + SHIFT_MS,
        isLate: shift.run.isOver,
        permitWaitMs: PERMIT_WAIT_MS.retries,
        // An endpoint that answers at once needs no more for its pace; more would keep others from their turn.
        ...paceOf(page, isQuick() ? QUICK_AT_ONCE : WEBHOOK_CAP, deps.lanes.capacity(shift.webhookId, PAGE_MS)),
      })
      const before = settling
      settling = quiet(settle(deps, shift, page, posted))
      // The next of a line stands behind what is being written down.
      if (!(await before) || (page.chains && !(await settling))) return storeAway()
      const isRefused = page.tasks.length > 0 && posted.begun.length === 0
      if (!isRefused && (ahead || !isOver())) continue
      if (!(await settling)) return storeAway()
      return isRefused || deps.stopping.aborted ? later(SOON_MS) : { kind: 'more' }
    }
  } finally {
    if (ahead) await putBack(deps, shift, await ahead.catch(() => later(0)))
  }
}

const post = (deps: ActivityDeps, { lines }: Shift, { webhook, tasks, chains }: Page, bounds: PostBounds): Promise<Posted> =>
  chains ? postInOrder(deps, webhook, lines, chains, tasks, bounds) : postAll(deps, webhook, tasks, bounds)

function look(deps: ActivityDeps, paces: Paces, shift: Shift): Promise<Page | Outlook> {
  if (shift.run.look()) delete shift.known
  return takePage(deps, paces, shift)
}

const isMore = (taken: Page | Outlook): boolean => 'kind' in taken && taken.kind === 'more'

/** Since the page was taken. */
const isActive = async ({ webhooks }: ActivityDeps, { tenantId, webhookId }: Shift): Promise<boolean> =>
  (await webhooks.get(tenantId, webhookId))?.status === 'active'

/** It is awaited later, or its failure does not matter any more. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
