import { statusesBefore, UNDER_WAY, type Delivery, type LastOutcome } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { attemptKey } from '../domain/ids'
import { attemptRecord, type AttemptExchange } from './attempts'
import { NOT_PARKED } from './deliveries'
import { duplicateIndexes } from './errors'
import type { Models } from './models'
import { scoped } from './scope'

/** What became of a delivery's POST number `number`. */
export interface PostOutcome {
  tenantId: string
  deliveryId: string
  number: number
  exchange: AttemptExchange
  /** When a failed delivery may be tried again; none when its round is used up. */
  nextAttemptAt?: Date
}

export interface OutcomeStore {
  /** Writes the attempts and moves their deliveries; writing the same again changes nothing. */
  record: (outcomes: PostOutcome[]) => Promise<void>
  /**
   * Moves the deliveries whose newest attempt is on record and which were left where they stood: the
   * process that recorded it was gone between the two writes. Answers whether there were any.
   */
  finish: (tenantId: string, deliveries: Delivery[]) => Promise<boolean>
}

/** What a delivery's record says of an outcome. */
export const lastOutcomeOf = ({ exchange, number }: PostOutcome): LastOutcome => {
  const { kind, ...rest } = exchange.outcome
  const at = new Date(exchange.startedAt.getTime() + exchange.durationMs)
  return {
    kind,
    at,
    attempt: number,
    ...('status' in rest && rest.status !== undefined && { status: rest.status }),
    ...('reason' in rest && { reason: rest.reason }),
    ...('detail' in rest && { detail: rest.detail }),
  }
}

export function createOutcomeStore({ hot: { attempts, deliveries } }: Models): OutcomeStore {
  async function insertAttempts(outcomes: PostOutcome[]): Promise<void> {
    const records = outcomes.map(({ tenantId, deliveryId, number, exchange }) =>
      attemptRecord(tenantId, deliveryId, number, exchange),
    )
    try {
      await attempts.insertMany(records, { ordered: false })
    } catch (error) {
      duplicateIndexes(error)
    }
  }

  /** A group has the same outcome, number and next time, so that one write moves it. */
  async function moveDeliveries(group: [PostOutcome, ...PostOutcome[]]): Promise<void> {
    const [first] = group
    const { tenantId, number, nextAttemptAt } = first
    const ids = { _id: { $in: group.map(({ deliveryId }) => deliveryId) } }
    const delivered = first.exchange.outcome.kind === 'delivered'
    const fields = { lastOutcome: lastOutcomeOf(first), updatedAt: new Date() }
    if (delivered) {
      const { modifiedCount } = await deliveries.updateMany(
        { ...scoped(tenantId, ids), status: { $in: statusesBefore('delivered') } },
        { $set: { status: 'delivered', ...fields }, $unset: { token: '', nextAttemptAt: '', queue: '', turn: '', ...NOT_PARKED } },
      )
      if (modifiedCount < group.length) await noteCancelled(group, fields)
      return
    }
    const { modifiedCount } = await deliveries.updateMany(
      { ...scoped(tenantId, ids), posts: number, status: { $in: [...UNDER_WAY] } },
      {
        $set: { status: 'retrying', ...fields, ...(nextAttemptAt && { nextAttemptAt }) },
        $unset: { token: '', ...(!nextAttemptAt && { nextAttemptAt: '' }) },
      },
    )
    if (modifiedCount < group.length) await noteCancelled(group, fields)
  }

  /** Cancelled while its POST was in flight, a delivery stays so, and says what came of that. */
  async function noteCancelled([{ tenantId, number, deliveryId }, ...others]: [PostOutcome, ...PostOutcome[]], fields: Pick<Delivery, 'lastOutcome' | 'updatedAt'>): Promise<void> {
    const ids = { _id: { $in: [deliveryId, ...others.map((outcome) => outcome.deliveryId)] } }
    await deliveries.updateMany(
      { ...scoped(tenantId, ids), posts: number, status: 'cancelled', token: { $exists: true } },
      { $set: fields, $unset: { token: '' } },
    )
  }

  const alike = ({ tenantId, number, nextAttemptAt, exchange }: PostOutcome): string =>
    JSON.stringify([tenantId, number, nextAttemptAt, exchange.outcome])

  async function moveAll(outcomes: PostOutcome[]): Promise<void> {
    await Promise.all([...groupBy(outcomes, alike).values()].map(moveDeliveries))
  }

  return {
    record: async (outcomes) => {
      // The attempts first: a delivery that is final has its last attempt on record.
      await insertAttempts(outcomes)
      await moveAll(outcomes)
    },
    finish: async (tenantId, standing) => {
      // The token goes when the outcome comes, so that in the usual case there is nothing to look for.
      const unanswered = standing.filter(({ token, posts }) => token !== undefined && posts > 0)
      if (unanswered.length === 0) return false
      const _id = { $in: unanswered.map(({ id, posts }) => attemptKey(id, posts)) }
      const found = await attempts.find(scoped(tenantId, { _id })).toArray()
      await moveAll(found.map(({ deliveryId, number, ...exchange }) => ({ tenantId, deliveryId, number, exchange })))
      return found.length > 0
    },
  }
}
