import type { Logger } from 'pino'
import { readEventData, type EventData } from '../src/domain/event-data'
import type { HeraldEvent } from '../src/domain/event'
import type { Filter } from '../src/domain/filter'
import { isOperational } from '../src/domain/operational-events'
import { compileFilter, type Matches } from '../src/domain/match-filter'
import type { OpenWebhook, Webhook } from '../src/domain/webhook'

/** The webhooks that want an event: by its type and, where they have a filter, by its data. */
export type Wanted = (event: HeraldEvent) => OpenWebhook[]

/** Filters are made ready once for all the events of a run; an event's data is read when one asks. */
export function createWanted(webhooks: OpenWebhook[], logger: Logger): Wanted {
  const filters = new Map(webhooks.map((webhook) => [webhook.id, matcherOf(webhook, logger)]))
  return (event) => {
    let data: EventData | undefined
    // A webhook in trouble is not told so by way of itself: what parks would bring more to park.
    const not = isOperational(event.typeId) ? event.entityId : undefined
    return webhooks.filter(({ id, eventTypes }) => {
      if (!eventTypes.includes(event.typeId) || id === not) return false
      const matches = filters.get(id)
      return !matches || matches((data ??= readEventData(event.data)))
    })
  }
}

/** Webhooks are kept in memory, and their filters with them. */
const compiled = new WeakMap<Filter, Matches>()

function compile(filter: Filter): Matches {
  const matches = compiled.get(filter) ?? compileFilter(filter)
  compiled.set(filter, matches)
  return matches
}

/** A filter that cannot be judged lets everything through: too much can be ignored, a loss cannot be mended. */
function matcherOf({ id, tenantId, filter }: Webhook, logger: Logger): Matches | undefined {
  if (!filter) return undefined
  const letThrough = (err: unknown): true => {
    logger.error({ err, tenantId, webhookId: id }, 'a filter cannot be judged: the webhook gets its events unfiltered')
    return true
  }
  try {
    const matches = compile(filter)
    return (data) => {
      try {
        return matches(data)
      } catch (error) {
        return letThrough(error)
      }
    }
  } catch (error) {
    letThrough(error)
    return undefined
  }
}
