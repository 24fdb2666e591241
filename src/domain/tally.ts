import { addTo, type Histogram } from './histogram'

/** What happened to the deliveries of one webhook, or of all of a tenant, in some time. */
export interface Counts {
  /** Attempts that delivered. */
  delivered: number
  /** Attempts that did not. */
  failed: number
  /** Deliveries that were parked. */
  parked: number
  /** From the acceptance of the event, or its `deliverAt`, to its arrival. */
  arrival: Histogram
  /** From the begin of an attempt to the end of its answer; of those that were answered. */
  answer: Histogram
}

export const noCounts = (): Counts => ({ delivered: 0, failed: 0, parked: 0, arrival: {}, answer: {} })

export function addCounts(sum: Counts, added: Counts): void {
  sum.delivered += added.delivered
  sum.failed += added.failed
  sum.parked += added.parked
  addTo(sum.arrival, added.arrival)
  addTo(sum.answer, added.answer)
}

/** How much was counted: of two counts of the same time, the higher one has seen more. */
export const weightOf = ({ delivered, failed, parked }: Counts): number => delivered + failed + parked

/** The share of the deliveries that arrived, of those whose attempts came to an end: delivered or parked. None where none did. */
export const deliveryRate = ({ delivered, parked }: Pick<Counts, 'delivered' | 'parked'>): number | undefined =>
  delivered + parked === 0 ? undefined : delivered / (delivered + parked)

/** The share of the attempts that delivered; none where there was no attempt. */
export const successRate = ({ delivered, failed }: Pick<Counts, 'delivered' | 'failed'>): number | undefined =>
  delivered + failed === 0 ? undefined : delivered / (delivered + failed)
