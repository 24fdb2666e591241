import { createHash } from 'node:crypto'
import { timingOf } from '../domain/timing'
import type { NewEvent } from '../store/events'
import type { PublishRequest } from './publisher'

/** An event as it goes into the journal; the hash tells the same again from another body. */
export function toNewEvent(tenantId: string, request: PublishRequest): NewEvent {
  const { id, typeId, type, data, entityId } = request
  const timing = timingOf(request)
  const hash = createHash('sha256').update(`${typeId}\n`).update(data)
  // Only what was given, so that an event without any has the hash that it always had.
  if (Object.keys(timing).length > 0) hash.update(`\n${JSON.stringify(timing)}`)
  return { id, tenantId, typeId, type, createdAt: new Date(), data, entityId, ...timing, hash: hash.digest('base64url') }
}
