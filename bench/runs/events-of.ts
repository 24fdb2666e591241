import { eventData, eventId } from '../actors/event'

/** The events of a load, with their data as they were published. */
export const eventsOf = (prefix: string, events: number, note?: string): Map<string, string> =>
  eventsAt(prefix, Array.from({ length: events }, (_, i) => i), note)

/** Those of them with these numbers. */
export function eventsAt(prefix: string, numbers: number[], note?: string): Map<string, string> {
  const ids = numbers.map((i) => eventId(prefix, i))
  return new Map(ids.map((id) => [id, eventData(id, note)]))
}
