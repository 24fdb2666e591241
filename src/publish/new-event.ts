import { createHash } from 'node:crypto'
import { isAhead, timingOf } from '../domain/timing'
import type { NewEvent } from '../store/events'
import type { PublishRequest } from './publisher'

/** An event as it goes into the journal; the hash tells the same again from another body. */
export function toNewEvent(tenantId: string, request: PublishRequest): NewEvent {
  const { id, typeId, type, data, entityId } = request
  const timing = timingOf(request)
  const hash = createHash('sha256').update(`${typeId}\n`).update(data)
  // Only what was given, so that an event without any has the hash that it always had.
  if (Object.keys(timing).length > 0) hash.update(`\n${JSON.stringify(timing)}`)
  const createdAt = new Date()
  const scheduled = isAhead(timing, createdAt)
  return { id, tenantId, typeId, type, createdAt, data, entityId, ...timing, hash: hash.digest('base64url'), scheduled }
}
