import { orderingKey } from '../actors/event'
import type { Post } from '../actors/receiver'

/** Holds what arrived at an ordered webhook against the numbers of the journal; answers the breaches. */
export function disorder(posts: Post[], keys: number): string[] {
  const last = new Map<string, { sequence: number; id: string }>()
  const found: string[] = []
  for (const { id, body } of posts.toSorted((a, b) => a.at - b.at)) {
    const key = orderingKey(Number(id.slice(id.lastIndexOf('-') + 1)), keys)
    const { sequence } = JSON.parse(body) as { sequence: number }
    const before = last.get(key)
    if (before && sequence < before.sequence) found.push(`event ${id} arrived after ${before.id}, which was published after it`)
    last.set(key, { sequence, id })
  }
  return found.slice(0, 10)
}
