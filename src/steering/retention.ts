import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { groupBy } from '../domain/group-by'
import { verdictOn, type Verdict } from '../domain/retention'
import { RETENTION, type Tenant } from '../domain/tenant'
import type { Metrics } from '../metrics'
import type { LegalHoldStore } from '../store/legal-holds'
import type { AgedEvent, RetentionLooks } from '../store/retention-looks'
import type { RetentionMarks } from '../store/retention-marks'
import type { TenantStore } from '../store/tenants'
import { createKeeping, PAGE, type GoOn, type Keeping } from './keeping'

export interface RetentionTimes {
  everyMs: number
  /** How long before it leaves something is marked: in that time a hold, or an operator, still comes before. */
  leavingMs: number
  /** Deliveries and attempts leave that much later than their event. */
  recordsLaterMs: number
  /** How soon a changed setting, or a lifted hold, counts for an event that had to stay once. */
  recheckMs: number
}

export interface RetentionDeps {
  tenants: Pick<TenantStore, 'all' | 'get'>
  legalHolds: Pick<LegalHoldStore, 'among' | 'since'>
  looks: RetentionLooks
  marks: RetentionMarks
  metrics: Pick<Metrics, 'leaving'>
  logger: Logger
  stopping: AbortSignal
  times: RetentionTimes
}

export interface Retention {
  /** Marks what has been finished for long enough, in one process at a time. Safe to break off anywhere. */
  look: () => Promise<void>
  keep: Keeping['keep']
}

/** Of the time between two rounds, what one may take: it is over before another process has its turn. */
const SHARE = 0.8
/** How many times as long as it has worked a round rests. */
const REST = 2

export function createRetention(deps: RetentionDeps): Retention {
  const { tenants, legalHolds, looks, marks, metrics, logger, stopping, times } = deps
  const { keep, keepHeld } = createKeeping(deps)

  const soon = (): Date => new Date(Date.now() + times.recheckMs)

  /** Each of these events is marked, or gets its time for another look. */
  async function decide(tenantId: string, events: AgedEvent[]): Promise<void> {
    const begun = Date.now()
    const [tenant, held, standing] = await Promise.all([
      tenants.get(tenantId),
      legalHolds.among(tenantId, events.map(({ entityId }) => entityId)),
      looks.standing(tenantId, events.map(({ eventId }) => eventId)),
    ])
    // Without its tenant nobody says that an event may leave.
    const { retentionMs, legalHoldSince } = tenant ?? { retentionMs: RETENTION.maxMs, legalHoldSince: new Date(0) }
    const verdicts = events.map(({ eventId, entityId, dispatchedAt, cancelledAt }) => {
      const isHeld = legalHoldSince !== undefined || held.has(entityId)
      const rule = { retentionMs, recheckMs: times.recheckMs }
      return { eventId, ...verdictOn({ dispatchedAt, cancelledAt, isHeld }, standing.get(eventId) ?? { open: 0 }, rule, begun) }
    })
    const waiting = verdicts.filter((verdict) => verdict.kind === 'waits')
    // They may be marked: in part, by a process that ended before it had marked the event.
    await marks.unmark(tenantId, idsOf(verdicts, 'held'), soon())
    // Dispatched again since they were marked: what they had stays with what they have now.
    await marks.unmark(tenantId, idsOf(waiting, 'waits').filter((eventId) => standing.get(eventId)?.marked), soon())
    await marks.postpone(tenantId, waiting)
    await leave(tenantId, idsOf(verdicts, 'leaves'), begun)
  }

  /** Of a process that stood still since it decided, nothing is marked: the rounds that follow a hold end. */
  async function leave(tenantId: string, eventIds: string[], decidedAt: number): Promise<void> {
    if (eventIds.length === 0) return
    const at = decidedAt + times.leavingMs
    const marked = await marks.mark(tenantId, eventIds, {
      event: new Date(at),
      records: new Date(at + times.recordsLaterMs),
      markBefore: new Date(decidedAt + times.leavingMs / 2),
    })
    metrics.leaving.inc({ record: 'event' }, marked.events)
    metrics.leaving.inc({ record: 'delivery' }, marked.deliveries)
    metrics.leaving.inc({ record: 'attempt' }, marked.attempts)
    logger.info({ tenantId, ...marked }, 'finished events leave')
  }

  /** Those that had to stay when they were looked at before. */
  async function lookAgain(goOn: GoOn): Promise<void> {
    const now = new Date()
    for (let size = PAGE; size === PAGE && goOn(); ) {
      const page = await looks.due(now, PAGE)
      size = page.length
      for (const [tenantId, events] of groupBy(page, (event) => event.tenantId)) await atEase(stopping, () => decide(tenantId, events))
    }
  }

  /** Those that are old enough since now; a page of each tenant in turn, so that none waits for another's many. */
  async function lookAtOld(all: Tenant[], goOn: GoOn): Promise<void> {
    const cursors = await looks.cursors()
    for (let inTurn = all; inTurn.length > 0; ) {
      const more: Tenant[] = []
      for (const tenant of inTurn) {
        if (!goOn()) return
        const before = new Date(Date.now() - tenant.retentionMs)
        const page = await looks.older(tenant.id, cursors.get(tenant.id), before, PAGE)
        const last = page.at(-1)
        if (!last) continue
        await atEase(stopping, () => decide(tenant.id, page))
        cursors.set(tenant.id, await looks.advance(tenant.id, last))
        if (page.length === PAGE) more.push(tenant)
      }
      inTurn = more
    }
  }

  return {
    look: async () => {
      const endsAt = Date.now() + times.everyMs * SHARE
      if (!(await looks.takeTurn(times.everyMs * SHARE))) return
      const goOn = (): boolean => Date.now() < endsAt && !stopping.aborted
      const all = await tenants.all()
      await keepHeld(all, goOn)
      await lookAgain(goOn)
      // What a tenant under a hold has is not even looked at.
      await lookAtOld(all.filter(({ legalHoldSince }) => !legalHoldSince), goOn)
    },
    keep,
  }
}

const idsOf = (verdicts: (Verdict & { eventId: string })[], kind: Verdict['kind']): string[] =>
  verdicts.filter((verdict) => verdict.kind === kind).map(({ eventId }) => eventId)

/** Rests twice as long as the work took: a long backlog is no burden to deliveries. */
async function atEase(stopping: AbortSignal, work: () => Promise<void>): Promise<void> {
  const begun = performance.now()
  await work()
  await wait((performance.now() - begun) * REST, undefined, { signal: stopping }).catch(() => undefined)
}
