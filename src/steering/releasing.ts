import type { Logger } from 'pino'
import { newId } from '../domain/ids'
import { RELEASE_RATE, type Release, type ReleaseAction, type ReleaseFilter, type ReleaseStatus } from '../domain/release'
import { within } from '../domain/within'
import type { ReleaseStore } from '../store/releases'
import type { Replays } from './replays'
import type { WorkflowStarts } from '../temporal/start'

export interface ReleaseRequest {
  action: ReleaseAction
  filter: ReleaseFilter
  perSecond: number
  createdBy: string
}

export type ReleaseSteeringResult = { kind: 'done'; release: Release } | { kind: 'not allowed'; release: Release } | { kind: 'not found' }

type Steer = (tenantId: string, releaseId: string) => Promise<ReleaseSteeringResult>

/** What a person does with many deliveries at once. All throw {StoreAway}. */
export interface Releasing {
  /** None while what is held for the same webhook is released already, and of a replay without its webhook. */
  begin: (tenantId: string, request: ReleaseRequest) => Promise<Release | undefined>
  /** Begins to release what is held for an active webhook, unless nothing is or that is under way. */
  resumeHeld: (tenantId: string, webhookId: string, createdBy?: string) => Promise<void>
  pause: Steer
  resume: Steer
  /** What it has not moved stays as it is. Not of a resume: that is ended by the pause of the webhook. */
  cancel: Steer
}

/** A person waits: what Temporal does not take in this time, the reconciler sends again. */
const START_WAIT_MS = 1_000

export interface ReleasingDeps {
  releases: ReleaseStore
  replays: Pick<Replays, 'plan'>
  starts: Pick<WorkflowStarts, 'release'>
  logger: Logger
}

export function createReleasing({ releases, replays, starts, logger }: ReleasingDeps): Releasing {
  async function wake({ tenantId, id }: Release): Promise<void> {
    const started = starts.release({ tenantId, releaseId: id }).catch((error: unknown) => {
      logger.warn({ err: error, tenantId, releaseId: id }, 'the workflow of a release was not told: the reconciler does')
    })
    await within(started, START_WAIT_MS)
  }

  async function begin(tenantId: string, { action, filter, perSecond, createdBy }: ReleaseRequest): Promise<Release | undefined> {
    const now = new Date()
    const plan = action === 'replay' ? await replays.plan(tenantId, filter, now) : { count: await releases.count(tenantId, action, filter, now) }
    if (!plan) return undefined
    const release: Release = {
      id: newId('release'),
      tenantId,
      action,
      filter,
      perSecond,
      status: 'running',
      total: plan.count,
      ...('from' in plan && { replayedFrom: plan.from }),
      createdBy,
      createdAt: now,
      updatedAt: now,
    }
    if (!(await releases.insert(release))) return undefined
    await wake(release)
    return release
  }

  const steer =
    (from: ReleaseStatus[], to: ReleaseStatus): Steer =>
    async (tenantId, id) => {
      const moved = await releases.setStatus(tenantId, id, from, to)
      const release = await releases.get(tenantId, id)
      if (!release) return { kind: 'not found' }
      if (moved) await wake(release)
      return { kind: moved || release.status === to ? 'done' : 'not allowed', release }
    }

  const end = steer(['running', 'paused'], 'cancelled')

  return {
    begin,
    resumeHeld: async (tenantId, webhookId, createdBy = 'herald') => {
      if (await releases.isResuming(tenantId, webhookId)) return
      const filter = { webhookId }
      if ((await releases.count(tenantId, 'resume', filter, new Date())) === 0) return
      await begin(tenantId, { action: 'resume', filter, perSecond: RELEASE_RATE.default, createdBy })
    },
    pause: steer(['running'], 'paused'),
    resume: steer(['paused'], 'running'),
    cancel: async (tenantId, id) => {
      const release = await releases.get(tenantId, id)
      // It would begin again: nothing is held for an active webhook.
      if (release?.action === 'resume') return { kind: 'not allowed', release }
      return end(tenantId, id)
    },
  }
}
