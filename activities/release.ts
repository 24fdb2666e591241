import { heartbeat } from '@temporalio/activity'
import type { Delivery } from '../src/domain/delivery'
import { FAILING_WINDOW_SECONDS, RELEASE_WINDOW_SECONDS, type Release } from '../src/domain/release'
import type { ReleaseProgress } from '../src/store/releases'
import type { ActivityDeps } from './deps'
import { selectPage } from './release-page'
import { replayed } from './replay'
import type { Activities, ReleaseStep } from './types'

const HEARTBEAT_MS = 2_000
const PAGE = 1_000
/** One that is paused is told when it goes on; this is for a message that was lost. */
const PAUSED_MS = 60_000
const FULL_MS = 1_000
/** What is behind others of its ordering key may wait for a person. */
const BEHIND_MS = 30_000
/** A replay waits for as long as its webhook is paused or suspended. */
const HELD_UP_MS = 5_000

type ReleaseDeps = Pick<
  ActivityDeps,
  'releases' | 'replays' | 'erasing' | 'health' | 'deliveries' | 'notices' | 'webhooks' | 'messenger' | 'wakeQueue' | 'faults'
>

/** What is under way of a release, and for whom there is room. */
export interface ReleaseLoad {
  underWay: number
  /** How many more may be under way to the webhook. */
  roomFor: (webhookId: string) => number
  /** Those that have no room. */
  full: string[]
}

/** What the next step of a release moves. */
interface Page extends ReleaseProgress {
  moving: Delivery[]
  /** Of a replay. */
  added?: Delivery[]
  /** What comes next is not ready. */
  isWaiting?: boolean
}

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
    const allowed = await isAllowed(deps, release)
    if (allowed === 'never') {
      await releases.setStatus(tenantId, releaseId, ['running'], 'cancelled')
      return { kind: 'ended' }
    }
    if (allowed === 'later') return wait(HELD_UP_MS)
    const begun = Date.now()
    const load = await loadOf(deps, release)
    const { webhookId } = release.filter
    if (webhookId !== undefined && load.roomFor(webhookId) <= 0) return wait(FULL_MS)
    const page = await nextPage(deps, release, load)
    const moved = page.moving.length + (page.added?.length ?? 0)
    await move(deps, release, page)
    if (page.isWaiting) return wait(FULL_MS)
    if (moved > 0 || !isAtEnd(page)) return { kind: 'wait', until: begun + pauseAfter(release, moved, page) }
    if (load.underWay > 0) return wait(FULL_MS)
    if (await releases.isWaiting(release)) return wait(BEHIND_MS)
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

/** Of what is held for one active webhook, more may come while it goes out. */
const mayGrow = ({ action, filter }: Release): boolean => action === 'resume' && filter.webhookId !== undefined

const isAtEnd = ({ isExhausted, behind }: ReleaseProgress): boolean => isExhausted && behind.length === 0

/** Those that are behind wait for room at their webhooks. */
function pauseAfter({ action, perSecond }: Release, moved: number, { isExhausted }: ReleaseProgress): number {
  if (action === 'cancel') return 1
  return moved === 0 && isExhausted ? FULL_MS : (1_000 * moved) / perSecond
}

/** Whoever pauses a webhook ends what lets its deliveries go: they stay where they are. Only a replay would lose what it has not made. */
async function isAllowed({ webhooks }: ReleaseDeps, { tenantId, action, filter: { webhookId } }: Release): Promise<'now' | 'later' | 'never'> {
  if (action === 'cancel' || webhookId === undefined) return 'now'
  const webhook = await webhooks.get(tenantId, webhookId)
  if (webhook?.status === 'active') return 'now'
  return webhook && action === 'replay' ? 'later' : 'never'
}

/** A webhook that is slow or fails has its own share under way, and holds up no other. */
async function loadOf({ releases, health }: ReleaseDeps, release: Release): Promise<ReleaseLoad> {
  if (release.action === 'cancel') return { underWay: 0, roomFor: () => PAGE, full: [] }
  const counts = await releases.underWay(release)
  const failing = await health.find([...counts.keys()])
  const roomFor = (webhookId: string): number =>
    release.perSecond * (failing.has(webhookId) ? FAILING_WINDOW_SECONDS : RELEASE_WINDOW_SECONDS) - (counts.get(webhookId) ?? 0)
  return {
    underWay: [...counts.values()].reduce((sum, count) => sum + count, 0),
    roomFor,
    full: [...counts.keys()].filter((webhookId) => roomFor(webhookId) <= 0),
  }
}

async function nextPage(deps: ReleaseDeps, release: Release, load: ReleaseLoad): Promise<Page> {
  const limit = release.action === 'cancel' ? PAGE : Math.min(PAGE, release.perSecond)
  if (release.action !== 'replay') return selectPage(deps, release, load, limit)
  const { events, cursor, isWaiting } = await deps.replays.next(release, Math.min(limit, load.roomFor(release.filter.webhookId ?? '')))
  const { again, added } = await replayed(deps, release, events)
  return { moving: again, added, cursor, behind: [], isExhausted: cursor === undefined && !isWaiting, isWaiting }
}

async function move(deps: ReleaseDeps, release: Release, page: Page): Promise<void> {
  const { releases, deliveries, messenger, wakeQueue, faults } = deps
  const { tenantId, action } = release
  const { moving, added = [] } = page
  const parked = moving.filter(({ status }) => status === 'parked').map(({ id }) => id)
  await deliveries.insert(added)
  // Looked at after the insert: what is erased from here on is cancelled by the erasure.
  const erased = await deps.erasing.erased(tenantId, added.map(({ eventId }) => eventId))
  if (erased.size > 0) await deps.erasing.cancel(tenantId, [...erased])
  await releases.move(release, moving)
  await releases.advance(release, { ...page, isExhausted: page.isExhausted && !mayGrow(release) })
  if (moving.length + added.length === 0) return
  faults('after-release')
  if (action !== 'cancel') for (const webhookId of new Set([...moving, ...added].map((delivery) => delivery.webhookId))) wakeQueue(tenantId, webhookId)
  // Their workflows let go of them; what is not told for a crash is by the reconciler.
  const untold = (await deliveries.load(tenantId, parked)).filter((delivery) => delivery.untold !== undefined)
  await messenger.tell(tenantId, untold)
}
