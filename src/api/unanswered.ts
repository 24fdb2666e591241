import { isStoreAway, StoreAway } from '../store/errors'
import { Problem } from './problem'

/** What was to be published: null stands for an event of a batch that was not valid. */
type Published = { eventId: string } | { eventIds: (string | null)[] }

/**
 * A publish that MongoDB did not answer: whether anything was accepted, and the ids with which it may
 * be repeated safely, the generated ones among them. What is no such failure is thrown on.
 */
export function unanswered(error: unknown, published: Published, acceptedSome = false): Problem {
  if (!isStoreAway(error)) throw error
  const certain = !acceptedSome && error instanceof StoreAway && error.nothingWritten
  const [it, ids] = 'eventId' in published ? ['the event was', `the id ${published.eventId}`] : ['any event was', 'the ids in eventIds']
  const detail = certain
    ? 'MongoDB does not answer. Nothing was accepted: try again in a second.'
    : `MongoDB did not answer in time. It is not known whether ${it} accepted: try again in a second with ${ids}, which is safe.`
  return new Problem('store-away', detail, { headers: { 'Retry-After': '1' }, members: published })
}
