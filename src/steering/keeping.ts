import type { Logger } from 'pino'
import { groupBy } from '../domain/group-by'
import { RETENTION, type Tenant } from '../domain/tenant'
import { within } from '../domain/within'
import type { LegalHoldStore } from '../store/legal-holds'
import type { RetentionLooks } from '../store/retention-looks'
import type { RetentionMarks } from '../store/retention-marks'

export type GoOn = () => boolean

export interface KeepingDeps {
  legalHolds: Pick<LegalHoldStore, 'since'>
  looks: Pick<RetentionLooks, 'cursors' | 'older'>
  marks: Pick<RetentionMarks, 'marked' | 'unmark'>
  logger: Logger
  times: { leavingMs: number; recheckMs: number }
}

/** Takes back, under a legal hold, what was about to leave. */
export interface Keeping {
  /** Keeps what was about to leave and has come under a hold: of a tenant, or of some of its entities. */
  keep: (tenantId: string, entityIds?: string[]) => Promise<void>
  /** The same for every hold that was set lately; `all` the tenants. */
  keepHeld: (all: Tenant[], goOn: GoOn) => Promise<void>
}

/** Events that are looked at, marked or kept together. */
export const PAGE = 500
/** How long a person waits for what is leaving to be kept; the rounds do the rest. */
const AT_ONCE_MS = 2_000

export function createKeeping({ legalHolds, looks, marks, logger, times }: KeepingDeps): Keeping {
  const soon = (): Date => new Date(Date.now() + times.recheckMs)
  const lately = (): Date => new Date(Date.now() - 2 * times.leavingMs)

  async function keepMarked(goOn: GoOn, tenantId: string, entityIds?: string[]): Promise<void> {
    for await (const eventIds of marks.marked(tenantId, entityIds, PAGE)) {
      if (!goOn()) return
      await marks.unmark(tenantId, eventIds, soon())
    }
  }

  /** The page that a process may have begun to mark, with its attempts, and is looked at no more while the hold stands. */
  async function keepTorn(tenantId: string, cursor: string | undefined): Promise<void> {
    const page = await looks.older(tenantId, cursor, new Date(Date.now() - RETENTION.minMs), PAGE)
    await marks.unmark(tenantId, page.map(({ eventId }) => eventId), soon())
  }

  /**
   * Whoever had not seen a hold yet may have marked what is under it. Marks lie ahead by far more than
   * a round, so that the rounds after a hold was set are in time to take them away.
   */
  async function keepHeld(all: Tenant[], goOn: GoOn): Promise<void> {
    const heldLately = all.filter(({ legalHoldSince }) => legalHoldSince && legalHoldSince >= lately())
    const cursors = heldLately.length > 0 ? await looks.cursors() : new Map<string, string>()
    for (const { id } of heldLately) {
      await keepMarked(goOn, id)
      await keepTorn(id, cursors.get(id))
    }
    for (const [tenantId, holds] of groupBy(await legalHolds.since(lately()), (hold) => hold.tenantId)) {
      await keepMarked(goOn, tenantId, holds.map(({ entityId }) => entityId))
    }
  }

  return {
    keepHeld,
    keep: async (tenantId, entityIds) => {
      const endsAt = Date.now() + AT_ONCE_MS
      const kept = keepMarked(() => Date.now() < endsAt, tenantId, entityIds).catch((error: unknown) =>
        logger.warn({ err: error, tenantId }, 'what a new hold keeps is still marked: the next round mends it'),
      )
      await within(kept, AT_ONCE_MS)
    },
  }
}
