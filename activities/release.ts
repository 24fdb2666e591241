import { heartbeat } from '@temporalio/activity'
import type { Delivery } from '../src/domain/delivery'
import { groupBy } from '../src/domain/group-by'
import { FAILING_WINDOW_SECONDS, RELEASE_WINDOW_SECONDS, type Release } from '../src/domain/release'
import type { ActivityDeps } from './deps'
import type { Activities, ReleaseStep } from './types'

const HEARTBEAT_MS = 2_000
const PAGE = 1_000
/** One that is paused is told when it goes on; this is for a message that was lost. */
const PAUSED_MS = 60_000
const FULL_MS = 1_000

type ReleaseDeps = Pick<ActivityDeps, 'releases' | 'health' | 'deliveries' | 'notices' | 'webhooks' | 'messenger' | 'wakeQueue' | 'faults'>

/** One page of a release: as many deliveries as its pace and what is under way allow. */
export function createRelease(deps: ReleaseDeps): Activities['releasePage'] {
  const step = createStep(deps)
  return async (input) => {
    const beat = setInterval(heartbeat, HEARTBEAT_MS)
    try {
      return await step(input)
    } finally {
      clearInterval(beat)
    }
  }
}

function createStep(deps: ReleaseDeps): Activities['releasePage'] {
  const { releases } = deps
  return async ({ tenantId, releaseId }) => {
    const release = await releases.get(tenantId, releaseId)
    if (!release || release.status === 'finished' || release.status === 'cancelled') return { kind: 'ended' }
    if (release.status === 'paused') return wait(PAUSED_MS)
    if (await isOverruled(deps, release)) {
      await releases.setStatus(tenantId, releaseId, ['running'], 'cancelled')
      return { kind: 'ended' }
    }
    const begun = Date.now()
    const { underWay, room } = await roomOf(deps, release)
    if (room === 0) return wait(FULL_MS)
    const page = release.isExhausted ? [] : await releases.next(release, room)
    if (page.length > 0) {
      const moved = await move(deps, release, page)
      return { kind: 'wait', until: begun + pauseAfter(release, moved) }
    }
    // Of what is held for an active webhook, more may come while it goes out.
    if (!release.isExhausted && release.action !== 'resume') await releases.advance(release, undefined, true)
    if (underWay > 0) return wait(FULL_MS)
    await tellEnd(deps, release)
    await releases.setStatus(tenantId, releaseId, ['running'], 'finished')
    return { kind: 'ended' }
  }
}

/** Before the status says it, so that a run that is cut off tells it again: that counts once. */
async function tellEnd({ releases, notices }: ReleaseDeps, release: Release): Promise<void> {
  const { id, tenantId, action, total, filter } = release
  const counts = await releases.counts(release)
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const about = { id, action, status: 'finished', total, done, at: new Date().toISOString() }
  const data = { ...about, ...(filter.webhookId !== undefined && { webhookId: filter.webhookId }) }
  await notices.tell({ type: 'release.finished', tenantId, key: id, data })
}

const wait = (ms: number): ReleaseStep => ({ kind: 'wait', until: Date.now() + ms })

const pauseAfter = ({ action, perSecond }: Release, moved: number): number => (action === 'cancel' ? 1 : (1_000 * moved) / perSecond)

/** Whoever pauses a webhook ends what lets its deliveries go. */
async function isOverruled({ webhooks }: ReleaseDeps, { tenantId, action, filter: { webhookId } }: Release): Promise<boolean> {
  if (action === 'cancel' || webhookId === undefined) return false
  return (await webhooks.get(tenantId, webhookId))?.status !== 'active'
}

async function roomOf({ releases, health }: ReleaseDeps, release: Release): Promise<{ underWay: number; room: number }> {
  const { action, perSecond, filter: { webhookId } } = release
  if (action === 'cancel') return { underWay: 0, room: PAGE }
  const isFailing = webhookId !== undefined && (await health.find([webhookId])).has(webhookId)
  const window = perSecond * (isFailing ? FAILING_WINDOW_SECONDS : RELEASE_WINDOW_SECONDS)
  const underWay = await releases.underWay(release, window)
  return { underWay, room: Math.max(0, Math.min(PAGE, perSecond, window - underWay)) }
}

/** Answers how many it was for. */
async function move(deps: ReleaseDeps, release: Release, page: Delivery[]): Promise<number> {
  const { releases, deliveries, messenger, wakeQueue, faults } = deps
  const { tenantId, action } = release
  const moving = action === 'cancel' ? page : await takable(deps, page)
  const parked = moving.filter(({ status }) => status === 'parked').map(({ id }) => id)
  await releases.move(release, moving)
  await releases.advance(release, page.at(-1)?.id, false)
  faults('after-release')
  if (action !== 'cancel') for (const webhookId of new Set(moving.map((delivery) => delivery.webhookId))) wakeQueue(tenantId, webhookId)
  // Their workflows let go of them; what is not told for a crash is by the reconciler.
  const untold = (await deliveries.load(tenantId, parked)).filter((delivery) => delivery.untold !== undefined)
  await messenger.tell(tenantId, untold)
  return moving.length
}

/** A webhook that takes none now keeps what it has as it is. */
async function takable({ webhooks }: ReleaseDeps, page: Delivery[]): Promise<Delivery[]> {
  const byWebhook = groupBy(page, ({ webhookId }) => webhookId)
  const kept = [...byWebhook].map(async ([webhookId, group]) => {
    const webhook = await webhooks.get(group[0].tenantId, webhookId)
    return webhook?.status === 'active' ? group : []
  })
  const active = new Set((await Promise.all(kept)).flat())
  return page.filter((delivery) => active.has(delivery))
}
