import type { Logger } from 'pino'
import { nothingErased, type Erasure } from '../domain/erasure'
import { newId } from '../domain/ids'
import { within } from '../domain/within'
import type { ErasingStore } from '../store/erasing'
import type { ErasureStore } from '../store/erasures'
import type { LegalHoldStore } from '../store/legal-holds'
import type { TenantStore } from '../store/tenants'
import type { WorkflowStarts } from '../temporal/start'

export interface ErasureRequest {
  entityId: string
  reason?: string
  createdBy: string
}

export type ErasurePlan = { kind: 'free'; events: number } | { kind: 'held'; by: 'entity' | 'tenant' }
export type ErasureBegun = { kind: 'begun'; erasure: Erasure } | { kind: 'held'; by: 'entity' | 'tenant' } | { kind: 'running'; erasure: Erasure }

export interface Erasures {
  /** How many events it would be about, changing nothing. */
  plan: (tenantId: string, entityId: string) => Promise<ErasurePlan>
  begin: (tenantId: string, request: ErasureRequest) => Promise<ErasureBegun>
}

/** A person waits: what Temporal does not take in this time, the reconciler sends again. */
const START_WAIT_MS = 1_000

export interface ErasuresDeps {
  erasures: Pick<ErasureStore, 'insert' | 'running'>
  erasing: Pick<ErasingStore, 'count'>
  legalHolds: Pick<LegalHoldStore, 'get'>
  tenants: Pick<TenantStore, 'get'>
  starts: Pick<WorkflowStarts, 'erase'>
  logger: Logger
}

export function createErasures({ erasures, erasing, legalHolds, tenants, starts, logger }: ErasuresDeps): Erasures {
  async function plan(tenantId: string, entityId: string): Promise<ErasurePlan> {
    const [hold, tenant, events] = await Promise.all([legalHolds.get(tenantId, entityId), tenants.get(tenantId), erasing.count(tenantId, entityId)])
    if (hold) return { kind: 'held', by: 'entity' }
    return tenant?.legalHoldSince ? { kind: 'held', by: 'tenant' } : { kind: 'free', events }
  }

  return {
    plan,
    begin: async (tenantId, { entityId, reason, createdBy }) => {
      const planned = await plan(tenantId, entityId)
      if (planned.kind === 'held') return planned
      const now = new Date()
      const erasure: Erasure = {
        id: newId('erasure'),
        tenantId,
        entityId,
        ...(reason !== undefined && { reason }),
        status: 'running',
        total: planned.events,
        counts: nothingErased(),
        createdAt: now,
        createdBy,
        updatedAt: now,
      }
      if (!(await erasures.insert(erasure))) return { kind: 'running', erasure: (await erasures.running(tenantId, entityId)) ?? erasure }
      const started = starts.erase({ tenantId, erasureId: erasure.id }).catch((error: unknown) => {
        logger.warn({ err: error, tenantId, erasureId: erasure.id }, 'the workflow of an erasure was not started: the reconciler does')
      })
      await within(started, START_WAIT_MS)
      return { kind: 'begun', erasure }
    },
  }
}
