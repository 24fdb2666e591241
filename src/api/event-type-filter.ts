import { z } from 'zod'
import type { EventCatalog } from '../publish/event-catalog'
import { invalid } from './problem'

/** The name of a type or its Event ID, as a query has it. */
export const typeFilter = z.string().optional().describe('The name of an event type or its Event ID.')

/** The Event ID, or a 400 that lists the known types. */
export async function typeIdOf(catalog: EventCatalog, text: string): Promise<number> {
  const type = await catalog.find(/^\d{1,9}$/.test(text) ? Number(text) : text)
  if (type) return type.id
  throw invalid([{ path: 'type', message: `is not a known event type; known: ${await catalog.known()}` }])
}
