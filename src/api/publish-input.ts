import { z } from 'zod'
import { EVENT_ID_PATTERN, MAX_EVENT_BYTES } from '../domain/event'
import { newId } from '../domain/ids'
import { checkTiming, timingFields } from '../domain/timing'
import type { PublishRequest } from '../publish/publisher'
import type { EventCatalog } from '../publish/event-catalog'
import { invalid, Problem } from './problem'
import { duplicateKey, members, type Member } from '../domain/raw-json'
import { check } from '../domain/validation'

/** What the caller sends, but for `data`, which its type's own schema reads. */
export const publishInput = z.strictObject({
  id: z.string().regex(EVENT_ID_PATTERN, 'must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -').optional(),
  type: z.union([z.string(), z.int()], { error: typeWording }),
  data: z.unknown().optional(),
  ...timingFields,
})

function typeWording({ input }: { input?: unknown }): string {
  return input === undefined ? 'is required' : 'must be the name of an event type or its Event ID, such as "CREATE ACCOUNT" or 1'
}

/**
 * One event as the publisher takes it, or what is wrong with it. `at` is where its object begins in
 * the source: `data` is taken from there as it stands.
 */
export async function readEvent(
  catalog: EventCatalog,
  value: unknown,
  source: string,
  at: number,
  idempotencyKey?: string,
): Promise<PublishRequest | Problem> {
  const input = check(publishInput, value)
  if ('errors' in input) return invalid(input.errors)
  const all = members(source, at)
  const duplicate = refuseDuplicates(all)
  if (duplicate) return duplicate
  const { id = idempotencyKey ?? newId('event'), type: nameOrId, data, ...timing } = input.value
  const type = await catalog.find(nameOrId)
  if (!type) return invalid([{ path: 'type', message: `is not a known event type; known: ${await catalog.known('publishable')}` }])
  if (type.operational) return invalid([{ path: 'type', message: OPERATIONAL }])
  const errors = [...type.checkData(data), ...checkTiming(timing, new Date())]
  if (errors.length > 0) return invalid(errors)
  const raw = sourceOf(all, source)
  if (Buffer.byteLength(raw) > MAX_EVENT_BYTES) return tooLarge()
  // Every type's schema has asked for a string here.
  const { id: entityId }: { id: string } = Object(data)
  return { id, typeId: type.id, type: type.name, data: raw, entityId, ...timing }
}

const OPERATIONAL = 'is what Herald itself reports: webhooks may subscribe to it, nobody may publish it'

export function refuseDuplicates(all: Member[]): Problem | undefined {
  const path = duplicateKey(all)
  return path === undefined ? undefined : invalid([{ path, message: 'stands twice; leave one of them out' }])
}

function sourceOf(all: Member[], source: string): string {
  const data = all.find(({ key }) => key === 'data')
  return data ? source.slice(data.start, data.end) : 'null'
}

function tooLarge(): Problem {
  const limit = `${MAX_EVENT_BYTES / 1024} KiB`
  return new Problem('too-large', `An event's data may have ${limit}; send a reference to what is larger.`)
}

/** The header becomes the event's id when the body has none, so that it must look like one. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || EVENT_ID_PATTERN.test(header)) return header
  throw invalid([
    {
      path: 'Idempotency-Key',
      message: 'becomes the id of the event and must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -',
    },
  ])
}
