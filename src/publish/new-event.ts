import { createHash } from 'node:crypto'
import type { NewEvent } from '../store/events'
import type { PublishRequest } from './publisher'

/** An event as it goes into the journal; the hash tells the same again from another body. */
export function toNewEvent(tenantId: string, request: PublishRequest): NewEvent {
  const hash = createHash('sha256').update(`${request.typeId}\n`).update(request.data).digest('base64url')
  return { ...request, tenantId, createdAt: new Date(), hash }
}
