import type { AttemptJson, DeliveryJson } from '../support/bank'
import type { Api } from '../support/herald'
import type { ReceivedRequest, Receiver } from '../support/receiver'
import { until } from '../support/until'
import type { Publication } from './load'

/** A webhook under test, with the receiver that it leads to. */
export interface Target {
  webhookId: string
  receiver: Receiver
  maximumAttempts: number
  /** It answers 200 to everything, so that every event must arrive. */
  healthy: boolean
}

type Delivery = Omit<DeliveryJson, 'attempts'>

const OVER = ['delivered', 'parked']
const SIDE_BY_SIDE = 20
/** Of the deliveries that one POST delivered, one in so many is looked at with its attempts. */
const SAMPLED = 20

/** Waits until every accepted event is delivered or parked at the webhook; answers its deliveries by event. */
export async function waitUntilOver(api: Api, target: Target, publications: Publication[], timeoutMs: number): Promise<Map<string, Delivery>> {
  let open: unknown[] = []
  return until(
    async () => {
      const deliveries = await listAll(api, target.webhookId)
      open = publications.flatMap(({ id }) => (OVER.includes(deliveries.get(id)?.status ?? '') ? [] : [deliveries.get(id) ?? id]))
      return open.length === 0 ? deliveries : undefined
    },
    { timeoutMs, everyMs: 1_000 },
  ).catch(() => {
    throw new Error(`${open.length} events are neither delivered nor parked, the first: ${JSON.stringify(open.slice(0, 5))}`)
  })
}

async function listAll(api: Api, webhookId: string): Promise<Map<string, Delivery>> {
  const all = new Map<string, Delivery>()
  let cursor = ''
  do {
    const { status, body } = await api<{ data: Delivery[]; nextCursor?: string }>('GET', `/v1/deliveries?webhookId=${webhookId}&limit=200${cursor}`)
    if (status !== 200) return all
    for (const delivery of body.data) all.set(delivery.eventId, delivery)
    cursor = body.nextCursor ? `&cursor=${encodeURIComponent(body.nextCursor)}` : ''
  } while (cursor !== '')
  return all
}

/** Every way in which the promise was broken at one webhook, in words; none when it was kept. */
export async function brokenPromises(
  api: Api,
  target: Target,
  publications: Publication[],
  deliveries: Map<string, Delivery>,
): Promise<string[]> {
  const posts = byEvent(target.receiver.requests)
  const known = new Set(publications.map(({ id }) => id))
  const strangers = [...posts.keys()].filter((id) => !known.has(id)).map((id) => `${id}: arrived, and was never published`)
  const found = publications.map((publication) => {
    const delivery = deliveries.get(publication.id)
    return delivery ? ofDelivery(target, publication, delivery, posts.get(publication.id) ?? []) : []
  })
  const telling = [...deliveries.values()].filter((delivery, i) => {
    const arrived = posts.get(delivery.eventId)?.length ?? 0
    return arrived !== 1 || delivery.attemptCount !== 1 || i % SAMPLED === 0
  })
  const unrecorded = await inTurns(telling, async (delivery) => ofRecords(api, delivery, posts.get(delivery.eventId) ?? []))
  return [...strangers, ...found.flat(), ...unrecorded.flat()]
}

/** By the id in the body, so that a wrong `webhook-id` is seen. */
function byEvent(requests: ReceivedRequest[]): Map<string, ReceivedRequest[]> {
  const posts = new Map<string, ReceivedRequest[]>()
  for (const request of requests) {
    const { id } = JSON.parse(request.rawBody) as { id: string }
    posts.set(id, [...(posts.get(id) ?? []), request])
  }
  return posts
}

const numberOf = ({ headers }: ReceivedRequest): number => Number(headers['herald-attempt'])

function ofDelivery(target: Target, { id, data }: Publication, delivery: Delivery, posts: ReceivedRequest[]): string[] {
  const { maximumAttempts, healthy } = target
  const numbers = posts.map(numberOf)
  const { attemptCount, status } = delivery
  const rules: [boolean, string][] = [
    [posts.length <= maximumAttempts, `${posts.length} POSTs, where ${maximumAttempts} are allowed`],
    [attemptCount <= maximumAttempts, `${attemptCount} attempts, where ${maximumAttempts} are allowed`],
    [status !== 'parked' || attemptCount === maximumAttempts, `parked after ${attemptCount} of ${maximumAttempts} attempts`],
    [new Set(numbers).size === numbers.length, `the same attempt was POSTed twice: ${numbers.join(', ')}`],
    [posts.every(({ headers }) => headers['webhook-id'] === id), 'another webhook-id than the event'],
    [new Set(posts.map(({ rawBody }) => rawBody)).size <= 1, 'a duplicate with other bytes'],
    [posts.every(({ rawBody }) => rawBody.includes(data)), 'the bytes of data were changed'],
    [!healthy || posts.length > 0, 'did not arrive at a healthy receiver'],
    [status !== 'delivered' || posts.length > 0, 'delivered, and never arrived'],
  ]
  return rules.flatMap(([holds, broken]) => (holds ? [] : [`${id}: ${broken}`]))
}

/** Every POST that the receiver saw must be among the attempts that people are shown. */
async function ofRecords(api: Api, delivery: Delivery, posts: ReceivedRequest[]): Promise<string[]> {
  const { body } = await api<{ attempts?: AttemptJson[] }>('GET', `/v1/deliveries/${delivery.id}`)
  const { attempts = [] } = body
  const recorded = new Set(attempts.map(({ number }) => number))
  const missing = posts.map(numberOf).filter((number) => !recorded.has(number))
  const rules: [boolean, string][] = [
    [missing.length === 0, `no record of the POSTs ${missing.join(', ')}, which arrived`],
    [attempts.length >= posts.length, `${attempts.length} attempts on record, ${posts.length} POSTs arrived`],
    [attempts.length === delivery.attemptCount, `${attempts.length} attempts on record, counted as ${delivery.attemptCount}`],
    [attempts.some(({ outcome }) => outcome === 'delivered') === (delivery.status === 'delivered'), `${delivery.status}, with the attempts ${attempts.map(({ outcome }) => outcome).join(', ')}`],
  ]
  return rules.flatMap(([holds, broken]) => (holds ? [] : [`${delivery.eventId}: ${broken}`]))
}

async function inTurns<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  async function take(): Promise<void> {
    for (let item = items[next++]; item !== undefined; item = items[next++]) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, take))
  return results
}
