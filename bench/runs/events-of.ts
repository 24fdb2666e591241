import { eventData, eventId } from '../actors/event'

/** The events of a load, with their data as they were published. */
export function eventsOf(prefix: string, events: number, note?: string): Map<string, string> {
  const ids = Array.from({ length: events }, (_, i) => eventId(prefix, i))
  return new Map(ids.map((id) => [id, eventData(id, note)]))
}
