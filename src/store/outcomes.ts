import { statusesBefore, UNDER_WAY, type Delivery, type LastOutcome } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { attemptKey } from '../domain/ids'
import { attemptRecord, sealedAttempt, type AttemptExchange, type CountedAs, type StoredAttempt } from './attempts'
import { NOT_PARKED } from './delivery-moves'
import { duplicateIndexes, isDuplicateAmong } from './errors'
import type { Models } from './models'
import { scoped } from './scope'
import type { Vaults } from './vaults'

/** What became of a delivery's POST number `number`. */
export interface PostOutcome extends CountedAs {
  tenantId: string
  deliveryId: string
  number: number
  exchange: AttemptExchange
  /** When a failed delivery may be tried again; none when its round is used up. */
  nextAttemptAt?: Date
}

export interface OutcomeStore {
  /**
   * Writes the attempts and moves their deliveries; writing the same again changes nothing. An answer that cannot be
   * sealed is left out: what came of a POST is not kept back for it.
   */
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

/** Of one outcome, number and next time: one update moves their deliveries. */
type Group = [PostOutcome, ...PostOutcome[]]

export function createOutcomeStore({ hot: { attempts, deliveries, bulk } }: Models, vaults: Vaults): OutcomeStore {
  async function toAttempts(outcomes: PostOutcome[]): Promise<StoredAttempt[]> {
    const keys = await vaults.sealingOf(outcomes.map(({ tenantId }) => tenantId))
    return outcomes.map((outcome) => {
      const { response, ...attempt } = toAttempt(outcome)
      return sealedAttempt({ ...attempt, ...(response && keys.has(outcome.tenantId) && { response }) }, keys.get(outcome.tenantId))
    })
  }

  async function insertAttempts(outcomes: PostOutcome[]): Promise<void> {
    const records = await toAttempts(outcomes)
    try {
      await attempts.insertMany(records, { ordered: false })
    } catch (error) {
      duplicateIndexes(error)
    }
  }

  async function moveAll(outcomes: PostOutcome[]): Promise<void> {
    await Promise.all(
      groupsOf(outcomes).map(async (group) => {
        const { filter, update } = moveOf(group)
        const { modifiedCount } = await deliveries.updateMany(filter, update)
        if (modifiedCount < group.length) await noteCancelled(group)
      }),
    )
  }

  /** Attempts and moves in one command; nothing is moved when one of the attempts stood already. */
  async function writeAtOnce(outcomes: PostOutcome[]): Promise<void> {
    const groups = groupsOf(outcomes)
    const records = await toAttempts(outcomes)
    const { modifiedCount } = await bulk([
      ...records.map((document) => ({ name: 'insertOne' as const, namespace: attempts.namespace, document })),
      ...groups.map((group) => ({ name: 'updateMany' as const, namespace: deliveries.namespace, ...moveOf(group) })),
    ])
    if (modifiedCount < outcomes.length) await Promise.all(groups.map(noteCancelled))
  }

  /** Cancelled while its POST was in flight, a delivery stays so, and says what came of that. */
  async function noteCancelled(group: Group): Promise<void> {
    const [{ tenantId, number }] = group
    await deliveries.updateMany(
      { ...scoped(tenantId, among(group)), posts: number, status: 'cancelled', token: { $exists: true } },
      { $set: fieldsOf(group), $unset: { token: '' } },
    )
  }

  return {
    record: async (outcomes) => {
      // The attempts first: a delivery that is final has its last attempt on record.
      try {
        await writeAtOnce(outcomes)
      } catch (error) {
        if (!isDuplicateAmong(error)) throw error
        // Written before, all or in part: its answer was lost.
        await insertAttempts(outcomes)
        await moveAll(outcomes)
      }
    },
    finish: async (tenantId, standing) => {
      // The token goes when the outcome comes, so that in the usual case there is nothing to look for.
      const unanswered = standing.filter(({ token, posts }) => token !== undefined && posts > 0)
      if (unanswered.length === 0) return false
      const _id = { $in: unanswered.map(({ id, posts }) => attemptKey(id, posts)) }
      const found = await attempts.find(scoped(tenantId, { _id })).toArray()
      // What moves them is not in the answer.
      await moveAll(found.map(({ deliveryId, number, response: _answer, ...exchange }) => ({ tenantId, deliveryId, number, exchange })))
      return found.length > 0
    },
  }
}

const toAttempt = ({ tenantId, deliveryId, number, exchange, webhookId, arrivedAfterMs }: PostOutcome) =>
  attemptRecord(tenantId, deliveryId, number, exchange, { ...(webhookId !== undefined && { webhookId }), ...(arrivedAfterMs !== undefined && { arrivedAfterMs }) })

const groupsOf = (outcomes: PostOutcome[]): Group[] => [
  ...groupBy(outcomes, ({ tenantId, number, nextAttemptAt, exchange }) => JSON.stringify([tenantId, number, nextAttemptAt, exchange.outcome])).values(),
]

const among = (group: Group) => ({ _id: { $in: group.map(({ deliveryId }) => deliveryId) } })

const fieldsOf = ([first]: Group): Pick<Delivery, 'lastOutcome' | 'updatedAt'> => ({ lastOutcome: lastOutcomeOf(first), updatedAt: new Date() })

/** What moves the deliveries of a group, and only from where this outcome finds them. */
function moveOf(group: Group) {
  const [{ tenantId, number, nextAttemptAt, exchange }] = group
  const ids = scoped(tenantId, among(group))
  if (exchange.outcome.kind === 'delivered') {
    return {
      filter: { ...ids, status: { $in: statusesBefore('delivered') } },
      update: {
        $set: { status: 'delivered' as const, ...fieldsOf(group) },
        $unset: { token: '' as const, nextAttemptAt: '' as const, queue: '' as const, ...NOT_PARKED },
      },
    }
  }
  return {
    filter: { ...ids, posts: number, status: { $in: [...UNDER_WAY] } },
    update: {
      $set: { status: 'retrying' as const, ...fieldsOf(group), ...(nextAttemptAt && { nextAttemptAt }) },
      $unset: { token: '' as const, ...(!nextAttemptAt && { nextAttemptAt: '' as const }) },
    },
  }
}
