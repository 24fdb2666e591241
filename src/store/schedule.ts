import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import type { Models } from './models'
import { scoped } from './scope'

/** Has the lease of what waits for its time. It is no process, so that none is missed when it is gone. */
export const SCHEDULE = 'schedule'

/** Events that wait in the journal for their `deliverAt`. */
export interface ScheduleStore {
  /** When the next one is due; that may have passed. */
  nextDue: () => Promise<Date | undefined>
  /** Without those that still wait, or were cancelled: somebody has used their ids for another start. */
  withoutWaiting: (tenantId: string, loaded: HeraldEvent[]) => Promise<HeraldEvent[]>
  /** Takes an event out for good; false when it does not wait, or not any more. */
  cancel: (tenantId: string, eventId: string) => Promise<boolean>
}

export function createScheduleStore({ hot: { events } }: Models): ScheduleStore {
  const waiting = { starter: SCHEDULE, leaseUntil: { $exists: true } }
  return {
    nextDue: async () => {
      const next = await events.findOne(waiting, { sort: { leaseUntil: 1 }, hint: 'scheduled', projection: { leaseUntil: 1 } })
      return next?.leaseUntil
    },
    withoutWaiting: async (tenantId, loaded) => {
      const keys = loaded.filter(({ deliverAt }) => deliverAt).map(({ id }) => eventKey(tenantId, id))
      if (keys.length === 0) return loaded
      // Asked of the record, which whoever takes it changes: clocks may differ.
      const notDue = { ...scoped(tenantId, { _id: { $in: keys } }), $or: [waiting, { cancelledAt: { $exists: true } }] }
      const found = await events.find(notDue, { projection: { _id: 1 } }).toArray()
      const without = new Set(found.map(({ _id }) => _id))
      return loaded.filter(({ id }) => !without.has(eventKey(tenantId, id)))
    },
    cancel: async (tenantId, eventId) => {
      const { modifiedCount } = await events.updateOne(scoped(tenantId, { _id: eventKey(tenantId, eventId), ...waiting }), {
        $set: { cancelledAt: new Date() },
        $unset: { leaseUntil: '' },
      })
      return modifiedCount === 1
    },
  }
}
