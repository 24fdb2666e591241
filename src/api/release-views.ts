import { z } from 'zod'
import { FAILURE_REASONS } from '../domain/outcome'
import { RELEASE_ACTIONS, RELEASE_RATE, RELEASE_STATUSES, type Release } from '../domain/release'
import type { EventCatalog } from '../publish/event-catalog'
import type { ReleaseCounts } from '../store/releases'
import type { WorkflowLink } from './temporal-ui'
import { named, time } from './views'

const count = z.int()

export const replayedFrom = time.describe(
  'Of a replay: events from this time on. Later than `from` where the webhook was made later (see `includeEarlier`), and where older events have left, or are about to, their retention being over.',
)

export const releaseView = z.object({
  id: z.string(),
  action: z.enum(RELEASE_ACTIONS),
  filter: z.object({
    deliveryIds: z.array(z.string()).optional(),
    status: z.enum(['parked', 'held']).optional(),
    webhookId: z.string().optional(),
    type: z.string().optional(),
    entityId: z.string().optional(),
    from: time.optional(),
    to: time.optional(),
    failureReason: z.enum(FAILURE_REASONS).optional(),
    statusCode: z.int().optional(),
    includeEarlier: z.boolean().optional(),
  }),
  ratePerSecond: count.describe('POSTs a second at most.'),
  status: z.enum(RELEASE_STATUSES),
  total: count.describe('What the filter found when the release was made.'),
  replayedFrom: replayedFrom.optional(),
  progress: z
    .object({
      released: count.describe('Moved so far; the others stand in one of the counts that follow.'),
      underWay: count,
      delivered: count,
      parked: count.describe('Out of attempts again.'),
      held: count,
      cancelled: count,
      expired: count,
    })
    .describe('A delivery that a later release has moved counts there.'),
  estimatedEndAt: time.optional().describe('At the rate so far, pauses left out.'),
  createdBy: z.string().describe('The API key that asked for it; `herald` for what was held when its webhook went on.'),
  createdAt: time,
  updatedAt: time,
  endedAt: time.optional(),
  workflowId: z.string(),
  workflowUrl: z.string().optional().describe("The workflow's page in Temporal's UI"),
})
named.add(releaseView, { id: 'Release' })

export interface ReleaseViewDeps {
  catalog: Pick<EventCatalog, 'nameOf'>
  workflowLink: WorkflowLink
}

export async function toReleaseView(
  release: Release,
  counts: ReleaseCounts,
  workflowId: string,
  { catalog, workflowLink }: ReleaseViewDeps,
): Promise<z.infer<typeof releaseView>> {
  const { id, action, filter, perSecond, status, total, replayedFrom: replayed, createdBy, createdAt, updatedAt, endedAt } = release
  const { typeId, from, to, ...plain } = filter
  const progress = toProgress(counts)
  return {
    id,
    action,
    filter: {
      ...plain,
      ...(typeId !== undefined && { type: await catalog.nameOf(typeId) }),
      ...(from && { from: from.toISOString() }),
      ...(to && { to: to.toISOString() }),
    },
    ratePerSecond: perSecond,
    status,
    total,
    ...(replayed && { replayedFrom: replayed.toISOString() }),
    progress,
    ...estimate(release, progress.released),
    createdBy,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    workflowId,
    ...workflowLink(workflowId),
  }
}

function toProgress(counts: ReleaseCounts): z.infer<typeof releaseView>['progress'] {
  const { pending = 0, retrying = 0, delivered = 0, parked = 0, held = 0, cancelled = 0, expired = 0 } = counts
  const underWay = pending + retrying
  return { released: underWay + delivered + parked + held + cancelled + expired, underWay, delivered, parked, held, cancelled, expired }
}

/** None before anything has moved, and none of a release that does not go on. */
function estimate({ status, total, createdAt, pausedMs = 0 }: Release, released: number): { estimatedEndAt?: string } {
  if (status !== 'running' || released === 0) return {}
  const now = Date.now()
  const msEach = (now - createdAt.getTime() - pausedMs) / released
  return { estimatedEndAt: new Date(now + Math.max(0, total - released) * msEach).toISOString() }
}

export const releaseRate = z
  .int()
  .min(1)
  .max(RELEASE_RATE.max)
  .default(RELEASE_RATE.default)
  .describe('POSTs a second at most. A release also waits for an endpoint that is slow or fails.')
