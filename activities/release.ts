import type { Delivery } from '../src/domain/delivery'
import { RELEASE_WINDOW_SECONDS, type Release } from '../src/domain/release'
import type { ActivityDeps } from './deps'
import type { Activities, ReleaseStep } from './types'

const PAGE = 1_000
/** One that is paused is told when it goes on; this is for a message that was lost. */
const PAUSED_MS = 60_000
const FULL_MS = 1_000

type ReleaseDeps = Pick<ActivityDeps, 'releases' | 'deliveries' | 'notices' | 'webhooks' | 'messenger' | 'wakeQueue' | 'faults'>

/** One page of a release: as many deliveries as its pace and what is under way allow. */
export function createRelease(deps: ReleaseDeps): Activities['releasePage'] {
  const { releases } = deps
  return async ({ tenantId, releaseId }) => {
    const release = await releases.get(tenantId, releaseId)
    if (!release || release.status === 'finished' || release.status === 'cancelled') return { kind: 'ended' }
    if (release.status === 'paused') return wait(PAUSED_MS)
    if (await isOverruled(deps, release)) {
      await releases.setStatus(tenantId, releaseId, ['running', 'paused'], 'cancelled')
      return { kind: 'ended' }
    }
    const begun = Date.now()
    const { underWay, room } = await roomOf(deps, release)
    if (room === 0) return wait(FULL_MS)
    const page = await releases.next(release, room)
    if (page.length > 0) {
      await move(deps, release, page)
      return { kind: 'wait', until: begun + pauseAfter(release, page.length) }
    }
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

/** Whoever pauses a webhook ends the release of what it held. */
async function isOverruled({ webhooks }: ReleaseDeps, { tenantId, action, filter: { webhookId } }: Release): Promise<boolean> {
  if (action !== 'resume' || webhookId === undefined) return false
  return (await webhooks.get(tenantId, webhookId))?.status !== 'active'
}

async function roomOf({ releases }: ReleaseDeps, release: Release): Promise<{ underWay: number; room: number }> {
  const { action, perSecond } = release
  if (action === 'cancel') return { underWay: 0, room: PAGE }
  const window = Math.max(1, perSecond * RELEASE_WINDOW_SECONDS)
  const underWay = await releases.underWay(release, window)
  return { underWay, room: Math.min(PAGE, Math.max(1, perSecond), window - underWay) }
}

async function move({ releases, deliveries, messenger, wakeQueue, faults }: ReleaseDeps, release: Release, page: Delivery[]): Promise<void> {
  const { tenantId, action } = release
  const parked = page.filter(({ status }) => status === 'parked').map(({ id }) => id)
  await releases.move(release, page)
  faults('after-release')
  if (action !== 'cancel') for (const webhookId of new Set(page.map((delivery) => delivery.webhookId))) wakeQueue(tenantId, webhookId)
  // Their workflows let go of them; what is not told for a crash is by the reconciler.
  const untold = (await deliveries.load(tenantId, parked)).filter((delivery) => delivery.untold !== undefined)
  await messenger.tell(tenantId, untold)
}
