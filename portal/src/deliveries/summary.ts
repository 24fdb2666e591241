import type { Schemas } from '../api/client'

type Delivery = Schemas['Delivery']

const attempts = (count: number): string => `${count} ${count === 1 ? 'attempt' : 'attempts'}`

/** Where it stands, in a sentence that a person could say on the phone. */
export function summaryOf({ status, attemptCount, lastOutcome, parkedReason, expiredReason, queued }: Delivery): string {
  const last = lastOutcome?.status === undefined ? (lastOutcome?.detail ?? 'no answer') : `the last answer was HTTP ${lastOutcome.status}`
  switch (status) {
    case 'delivered':
      return attemptCount === 1 ? 'Delivered at the first attempt.' : `Delivered after ${attempts(attemptCount)}.`
    case 'parked':
      return `${parkedReason === 'attempts exhausted' || parkedReason === undefined ? `${attempts(attemptCount)} failed` : `Parked: ${parkedReason}`}; ${last}. It is kept, and waits for a retry.`
    case 'retrying':
      return attemptCount === 0 ? 'It is about to be attempted.' : `${attempts(attemptCount)} so far; ${last}.`
    case 'pending':
      return queued ? 'It waits in the queue of its webhook.' : 'It is about to be attempted.'
    case 'held':
      return 'Its webhook is paused or suspended: it is held, and goes out when that is resumed.'
    case 'cancelled':
      return 'It was given up, and will not be attempted again.'
    default:
      return expiredReason === 'event expired' ? 'The time until which its event was of use has passed.' : 'It was parked for as long as such deliveries are kept.'
  }
}
