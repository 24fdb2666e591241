import { APPROVAL, type Approval, type ApprovalStatus } from '../domain/approval'
import type { Sealer } from '../domain/webhook'
import type { Models } from './models'
import type { ApprovalRecord } from './records'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface ApprovalFilter {
  status?: ApprovalStatus
  target?: string
}

/** Changes that wait for a second person. `request` is what is done then, kept sealed: it may hold secrets. */
export interface ApprovalStore {
  insert: (approval: Approval, request: string) => Promise<void>
  get: (tenantId: string, id: string) => Promise<Approval | undefined>
  list: (tenantId: string, filter: ApprovalFilter, request: PageRequest) => Promise<Page<Approval>>
  countPending: (tenantId: string) => Promise<number>
  /** For whoever makes the change now: of several, one gets it. Nothing where it does not wait any more, or is being made. */
  take: (tenantId: string, id: string) => Promise<string | undefined>
  /** It waits again: the change was refused for a reason that may pass. `earlier` is since when it was being made before that. */
  putBack: (tenantId: string, id: string, earlier?: Date) => Promise<void>
  /** Forgets the request. Nothing where somebody else was first; what may have been made can be found to be, all the same. */
  decide: (tenantId: string, id: string, decision: Decision) => Promise<Approval | undefined>
  /** The same, where it is not being made, nor was it since it was read. */
  reject: (approval: Approval, decision: Decision) => Promise<Approval | undefined>
}

export type Decision = Required<Pick<Approval, 'status' | 'decidedBy' | 'decidedAt'>> & Pick<Approval, 'reason' | 'mayBeMade'>

/** A process that was killed in the middle gives it free after that. */
const TAKEN_MS = 60_000

const context = (tenantId: string, id: string): string => `${tenantId}/${id}/approval`

export function createApprovalStore({ approvals }: Models, sealer: Sealer): ApprovalStore {
  const waiting = (tenantId: string) => scoped(tenantId, { status: 'pending' as const, expiresAt: { $gt: new Date() } })
  const notTaken = () => ({ $or: [{ applyingSince: { $exists: false } }, { applyingSince: { $lt: new Date(Date.now() - TAKEN_MS) } }] })

  function select(tenantId: string, { status, target }: ApprovalFilter): object {
    const about = target === undefined ? {} : { targets: target }
    if (status === 'pending') return { ...waiting(tenantId), ...about }
    if (status === 'expired') return scoped(tenantId, { status: 'pending', expiresAt: { $lte: new Date() }, ...about })
    return scoped(tenantId, { ...(status && { status }), ...about })
  }

  async function close(tenantId: string, id: string, which: object, decision: Decision): Promise<Approval | undefined> {
    const gone = { sealed: '', applyingSince: '', ...(decision.mayBeMade === undefined && { mayBeMade: '' }), ...(decision.reason === undefined && { reason: '' }) }
    const record = await approvals
      .findOneAndUpdate({ ...scoped(tenantId, { _id: id }), ...which }, { $set: decision, $unset: gone }, { returnDocument: 'after' })
      .lean<ApprovalRecord>()
    return record ? toApproval(record) : undefined
  }

  return {
    insert: async ({ id, ...approval }, request) => {
      const { tenantId, expiresAt } = approval
      const removeAt = new Date(expiresAt.getTime() + APPROVAL.keptMs)
      await approvals.create({ _id: id, ...approval, sealed: sealer.seal(request, context(tenantId, id)), removeAt })
    },
    get: async (tenantId, id) => {
      const record = await approvals.findOne(scoped(tenantId, { _id: id })).lean<ApprovalRecord>()
      return record ? toApproval(record) : undefined
    },
    list: (tenantId, filter, request) => page(approvals, select(tenantId, filter), request, toApproval),
    countPending: (tenantId) => approvals.countDocuments(waiting(tenantId)),
    take: async (tenantId, id) => {
      const record = await approvals
        .findOneAndUpdate({ ...waiting(tenantId), _id: id, ...notTaken() }, { $set: { applyingSince: new Date() } })
        .lean<ApprovalRecord>()
      return record?.sealed === undefined ? undefined : sealer.open(record.sealed, context(tenantId, id))
    },
    putBack: async (tenantId, id, earlier) => {
      const change = earlier ? { $set: { applyingSince: earlier } } : { $unset: { applyingSince: '' } }
      await approvals.updateOne({ ...scoped(tenantId, { _id: id }), status: 'pending' }, change)
    },
    decide: (tenantId, id, decision) =>
      close(tenantId, id, decision.status === 'approved' ? { $or: [{ status: 'pending' }, { mayBeMade: true }] } : { status: 'pending' }, decision),
    reject: ({ tenantId, id, applyingSince = { $exists: false } }, decision) => close(tenantId, id, { status: 'pending', applyingSince, ...notTaken() }, decision),
  }
}

function toApproval({ _id, sealed: _sealed, removeAt: _removeAt, ...rest }: ApprovalRecord): Approval {
  const isLate = rest.status === 'pending' && rest.expiresAt.getTime() <= Date.now()
  return { id: _id, ...rest, ...(isLate && { status: 'expired' }) }
}
