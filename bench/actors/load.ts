import { Pool } from 'undici'
import { answerCalls } from './calls'
import { drive, type Pace } from './drive'
import { eventBody, eventId, orderingKey } from './event'

export interface PublishInput {
  url: string
  /** Of the tenants that publish: calls take them in turn. */
  keys: string[]
  prefix: string
  events: number
  pace: Pace
  /** Events a call; one event a call without it. */
  batch?: number
  /** The Event ID of each event, where they are not all alike. */
  types?: number[]
  /** Goes into every event's data. */
  note?: string
  orderingKeys?: number
}

/** Enough for a paced load, whose requests overlap when answers are slow. */
const PACED_CONNECTIONS = 64

/** Publishes over REST with keep-alive connections; answers when each event was published. */
async function publish(input: PublishInput): Promise<number[]> {
  const { url, pace } = input
  const pool = new Pool(url, { connections: 'clients' in pace ? pace.clients : PACED_CONNECTIONS, pipelining: 1 })
  try {
    return await (input.batch === undefined ? oneByOne(pool, input) : inBatches(pool, input, input.batch))
  } finally {
    await pool.close()
  }
}

const oneByOne = (pool: Pool, input: PublishInput): Promise<number[]> =>
  drive(input.events, input.pace, async (i) => {
    await post(pool, keyOf(input, i), '/v1/events', bodyOf(input, i), 202)
  })

async function inBatches(pool: Pool, input: PublishInput, batch: number): Promise<number[]> {
  const { events, pace } = input
  const calledAt = await drive(Math.ceil(events / batch), pace, async (call) => {
    const first = call * batch
    const bodies = Array.from({ length: Math.min(batch, events - first) }, (_, i) => bodyOf(input, first + i))
    mustAccept(await post(pool, keyOf(input, call), '/v1/events/batch', `{"events":[${bodies.join()}]}`, 200))
  })
  return Array.from({ length: events }, (_, i) => calledAt[Math.floor(i / batch)] ?? Number.NaN)
}

const keyOf = ({ keys }: PublishInput, call: number): string => keys[call % keys.length] ?? ''

const bodyOf = ({ prefix, types, note, orderingKeys }: PublishInput, i: number): string =>
  eventBody(eventId(prefix, i), types?.[i], note, orderingKeys === undefined ? undefined : orderingKey(i, orderingKeys))

async function post(pool: Pool, key: string, path: string, body: string, wanted: number): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const answer = await pool.request({ method: 'POST', path, headers, body })
  const text = await answer.body.text()
  if (answer.statusCode !== wanted) throw new Error(`a publish answered ${answer.statusCode}: ${text}`)
  return text
}

/** A batch is answered with 200, whatever became of its events. */
function mustAccept(answer: string): void {
  const { data } = JSON.parse(answer) as { data: { status: number }[] }
  const refused = data.find(({ status }) => status !== 202)
  if (refused) throw new Error(`an event of a batch was not accepted: ${JSON.stringify(refused)}`)
}

const handlers = { publish }
export type LoadCalls = typeof handlers

answerCalls(handlers)
