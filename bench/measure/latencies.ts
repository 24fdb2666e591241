import { eventId } from '../actors/event'
import type { Post } from '../actors/receiver'

/** From publish to arrival of each first POST, in ms, for the events of a load. */
export function latenciesOf(prefix: string, publishedAt: number[], posts: Post[]): number[] {
  const publishedOf = new Map(publishedAt.map((at, i) => [eventId(prefix, i), at]))
  return posts
    .filter(({ id, attempt }) => attempt === 1 && publishedOf.has(id))
    .map(({ id, at }) => at - (publishedOf.get(id) ?? Number.NaN))
}
