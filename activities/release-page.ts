import type { Delivery } from '../src/domain/delivery'
import type { Release } from '../src/domain/release'
import type { ReleaseProgress } from '../src/store/releases'
import type { ActivityDeps } from './deps'
import type { ReleaseLoad } from './release'

export interface ReleasePage extends ReleaseProgress {
  moving: Delivery[]
}

/**
 * The next deliveries that a release moves, oldest first. Those of a webhook that has no room are passed
 * over, and it is remembered as behind: it catches up when it has room again, and nobody waits for it.
 */
export async function selectPage(
  { releases, webhooks }: Pick<ActivityDeps, 'releases' | 'webhooks'>,
  release: Release,
  { roomFor, full }: Pick<ReleaseLoad, 'roomFor' | 'full'>,
  limit: number,
): Promise<ReleasePage> {
  // A webhook that takes none now keeps what it has as it is.
  const inactive = release.action === 'cancel' ? [] : await webhooks.inactive(release.tenantId)
  const behind = new Set((release.behind ?? []).filter((webhookId) => !inactive.includes(webhookId)))
  const moving: Delivery[] = []
  for (const webhookId of behind) {
    const room = Math.min(limit - moving.length, roomFor(webhookId))
    if (room <= 0) continue
    const late = await releases.late(release, webhookId, room)
    moving.push(...late)
    if (late.length < room) behind.delete(webhookId)
  }
  const rest = limit - moving.length
  if (release.isExhausted || rest === 0) return { moving, behind: [...behind], isExhausted: release.isExhausted ?? false }

  const found = await releases.next(release, rest, [...full, ...inactive])
  const taken = new Map<string, number>()
  for (const { webhookId } of moving) taken.set(webhookId, (taken.get(webhookId) ?? 0) + 1)
  for (const delivery of found) {
    const count = taken.get(delivery.webhookId) ?? 0
    if (count >= roomFor(delivery.webhookId)) {
      behind.add(delivery.webhookId)
      continue
    }
    taken.set(delivery.webhookId, count + 1)
    moving.push(delivery)
  }
  for (const webhookId of full) behind.add(webhookId)
  return { moving, cursor: found.at(-1)?.id, behind: [...behind], isExhausted: found.length < rest }
}
