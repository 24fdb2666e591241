import { setTimeout as delay } from 'node:timers/promises'
import { DemoError } from './demo-error'
import type { DeliveryShown, HeraldApi } from './herald-api'
import type { Arrival, Receiver } from './receiver'
import { rentPayment, sampleEvents, type SampleEvent } from './sample-events'
import type { Screen } from './screen'
import type { DemoWebhook, DemoWebhooks } from './webhooks'

export interface Stage {
  api: HeraldApi
  webhooks: DemoWebhooks
  receiver: Receiver
  screen: Screen
  /** Shows the call as a person would make it. */
  curl: (method: string, path: string, body?: unknown) => void
  signal: AbortSignal
}

/** The delivery to the endpoint that fails, and when its first attempt arrived. */
export interface BrokenDelivery {
  eventId: string
  webhook: DemoWebhook
  begun: Date
}

const HEALTHY = '/everything'
const BROKEN = '/ledger'
const ALL_TYPES = [1, 2, 3, 4, 5, 6]

export async function webhookIsMade(stage: Stage): Promise<void> {
  const { receiver, screen } = stage
  screen.step('A customer asks for all six event types')
  screen.line(`Its system listens at ${receiver.url}${HEALTHY} and checks every signature.`)
  const { id } = await subscribe(stage, HEALTHY, ALL_TYPES)
  screen.good(`webhook ${id}`)
}

export async function everythingArrives(stage: Stage): Promise<void> {
  const { receiver, screen, signal, curl } = stage
  screen.step('The bank publishes one event of each type')
  const events = sampleEvents()
  const [first] = events
  if (first) curl('POST', '/v1/events', first)
  for (const event of events) {
    signal.throwIfAborted()
    const begun = new Date()
    const { id, typeId } = await publish(stage, event)
    const arrival = await receiver.arrival(HEALTHY, id, 1)
    const took = `${arrival.at.getTime() - begun.getTime()} ms`
    screen.good(`${typeId} ${event.type.padEnd(22)} ${event.data.id.padEnd(14)} arrived after ${took.padStart(6)}, ${proof(arrival)}`)
  }
}

export async function receiverBreaks(stage: Stage): Promise<BrokenDelivery> {
  const { receiver, screen } = stage
  screen.step('Another customer breaks: its system answers 503')
  const webhook = await subscribe(stage, BROKEN, ['TRANSACTION SUCCESSFUL'])
  receiver.endpoint(BROKEN).status = 503
  const event = rentPayment()
  const { id: eventId } = await publish(stage, event)
  const healthy = await receiver.arrival(HEALTHY, eventId, 1)
  screen.good(`${event.type} ${event.data.id}: the first customer has it, ${proof(healthy)}; nobody waits for the second:`)
  const first = await receiver.arrival(BROKEN, eventId, 1)
  const { maximumAttempts, initialInterval, backoffCoefficient } = webhook.retry
  screen.line(`(${maximumAttempts} attempts, the first wait ${initialInterval}, each next one ${backoffCoefficient} times as long)`)
  for (let attempt = 1; attempt <= maximumAttempts; attempt++) {
    const arrival = await receiver.arrival(BROKEN, eventId, attempt)
    screen.bad(`${since(first.at, arrival.at)}  attempt ${attempt} of ${maximumAttempts}, answered ${arrival.answered}`)
  }
  return { eventId, webhook, begun: first.at }
}

export async function parked(stage: Stage, { eventId, webhook }: BrokenDelivery): Promise<DeliveryShown> {
  const { screen, curl } = stage
  screen.step('Out of attempts: the delivery is parked, not dropped')
  const query = `status=parked&webhookId=${webhook.id}`
  const delivery = await inStatus(stage, 'parked', `${query}&eventId=${eventId}`)
  curl('GET', `/v1/deliveries?${query}`)
  const { id, parkedReason, attemptCount, lastOutcome, expiresAt, workflowUrl, workflowId } = delivery
  screen.good(`${id} ${delivery.status}: ${parkedReason}, ${attemptCount} of them; the last: ${lastOutcome?.detail}`)
  if (expiresAt !== undefined) screen.line(`It waits for a person until ${expiresAt.slice(0, 10)}.`)
  screen.line(`In Temporal: ${workflowUrl ?? workflowId}`)
  return delivery
}

export async function retriedByHand(stage: Stage, broken: BrokenDelivery, { id, attemptCount }: DeliveryShown): Promise<void> {
  const { api, receiver, screen, curl } = stage
  screen.step('The customer is back, and a person retries')
  receiver.endpoint(BROKEN).status = 200
  const path = `/v1/deliveries/${id}`
  curl('POST', `${path}/retry`)
  const { round } = await api<{ round: number }>('POST', `${path}/retry`)
  screen.line(`202: manual retry ${round} begins`)
  const arrival = await receiver.arrival(BROKEN, broken.eventId, attemptCount + 1)
  screen.good(`${since(broken.begun, arrival.at)}  attempt ${arrival.attempt}, answered ${arrival.answered}, ${proof(arrival)}`)
  await inStatus(stage, 'delivered', `webhookId=${broken.webhook.id}&eventId=${broken.eventId}`)
  const { status, attempts = [] } = await api<DeliveryShown>('GET', path)
  curl('GET', path)
  screen.good(`${id} ${status}; on record: ${attempts.map(({ response, outcome }) => response?.status ?? outcome).join(', ')}`)
}

async function subscribe({ webhooks, receiver, curl }: Stage, path: string, eventTypes: (string | number)[]): Promise<DemoWebhook> {
  const url = receiver.url + path
  const endpoint = receiver.endpoint(path)
  curl('POST', '/v1/webhooks', { url, eventTypes })
  const webhook = await webhooks.create(url, eventTypes)
  endpoint.secret = webhook.secret
  return webhook
}

const publish = ({ api }: Stage, event: SampleEvent): Promise<{ id: string; typeId: number }> =>
  api('POST', '/v1/events', event)

const POLL_MS = 100
const POLLS = 300

async function inStatus({ api, signal }: Stage, status: string, query: string): Promise<DeliveryShown> {
  for (let poll = 0; poll < POLLS; poll++) {
    const { data } = await api<{ data: DeliveryShown[] }>('GET', `/v1/deliveries?${query}`)
    const found = data.find((delivery) => delivery.status === status)
    if (found) return found
    await delay(POLL_MS, undefined, { signal })
  }
  throw new DemoError(`The delivery is not ${status} after ${(POLLS * POLL_MS) / 1000} s: look at GET /v1/deliveries?${query}.`)
}

const proof = ({ isSigned }: Arrival): string => (isSigned ? 'signature verified' : 'SIGNATURE WRONG')

const since = (begun: Date, at: Date): string => `t+${((at.getTime() - begun.getTime()) / 1000).toFixed(1)} s`.padStart(9)
