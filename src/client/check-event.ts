import { z } from 'zod'
import { EVENT_ID_PATTERN, MAX_EVENT_BYTES } from '../domain/event'
import { BUILT_IN_DATA, BUILT_IN_EVENT_TYPES, CUSTOM_DATA } from '../domain/event-types'
import { operationalType } from '../domain/operational-events'
import { TENANT_ID_PATTERN } from '../domain/tenant'
import { checkTiming, timingFields } from '../domain/timing'
import { check, type FieldError } from '../domain/validation'

/** What Herald would refuse, found before anything was started. */
export class InvalidEventError extends Error {
  override name = 'InvalidEventError'
  readonly errors: FieldError[]

  constructor(errors: FieldError[]) {
    super(`The event is not valid: ${errors.map(({ path, message }) => `${path} ${message}`).join('; ')}`)
    this.errors = errors
  }
}

const input = z.object({
  tenantId: z.string().regex(TENANT_ID_PATTERN, 'must have 1 to 40 characters of a-z, 0-9 and -, and not begin with -'),
  event: z.strictObject({
    id: z.string().regex(EVENT_ID_PATTERN, 'must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -'),
    type: z.union([z.string().min(1).max(64), z.int().min(1)], {
      error: 'must be the name of an event type or its Event ID, such as "CREATE ACCOUNT" or 1',
    }),
    data: z.unknown(),
    ...timingFields,
  }),
})

/**
 * Everything that can be known without asking Herald: it alone knows the registered types and their
 * schemas. @throws {InvalidEventError}
 */
export function checkEvent(tenantId: unknown, event: unknown): void {
  const result = check(input, { tenantId, event })
  if ('errors' in result) throw new InvalidEventError(result.errors)
  const { type, data, ...timing } = result.value.event
  if (operationalType(type)) {
    throw new InvalidEventError([{ path: 'event.type', message: 'is what Herald itself reports; nobody may publish it' }])
  }
  const builtIn = BUILT_IN_EVENT_TYPES.find(({ id, name }) => id === type || name === type)
  const schema = (builtIn && BUILT_IN_DATA.get(builtIn.id)) ?? CUSTOM_DATA
  const read = check(schema, data, ['event', 'data'])
  const wrong = 'errors' in read ? read.errors : checkTiming(timing, new Date()).map(({ path, message }) => ({ path: `event.${path}`, message }))
  if (wrong.length > 0) throw new InvalidEventError(wrong)
  if (Buffer.byteLength(JSON.stringify(data)) <= MAX_EVENT_BYTES) return
  const message = `must have at most ${MAX_EVENT_BYTES / 1024} KiB as JSON; send a reference to what is larger`
  throw new InvalidEventError([{ path: 'event.data', message }])
}
