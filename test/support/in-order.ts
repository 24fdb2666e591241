import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from './herald'
import type { Answer, AnswerSpec, ReceivedRequest } from './receiver'
import { until } from './until'

/** What a receiver sees of an ordered webhook: events say in `data` which of their key they are. */
export interface OrderWatch {
  answer: Answer
  /** By key, in the order of their first success. */
  delivered: Map<string, number[]>
  /** Every breach, in words. */
  breaches: string[]
}

export const placeOf = ({ rawBody }: Pick<ReceivedRequest, 'rawBody'>): { key: string; place: number } => {
  const { data } = JSON.parse(rawBody) as { data: { id: string; place: number } }
  return { key: data.id, place: data.place }
}

/** Answers as `choose` says, after a moment, and watches that of each key one event comes at a time, and none after a newer one. */
export function watchOrder(choose: (key: string, place: number) => AnswerSpec | number, mostMs = 8): OrderWatch {
  const delivered = new Map<string, number[]>()
  const breaches: string[] = []
  const inFlight = new Map<string, number>()
  return {
    delivered,
    breaches,
    answer: async (request) => {
      const { key, place } = placeOf(request)
      const other = inFlight.get(key)
      if (other !== undefined) breaches.push(`${key}: ${place} came while ${other} was under way`)
      const seen = delivered.get(key) ?? []
      const last = seen.at(-1)
      if (last !== undefined && place < last) breaches.push(`${key}: ${place} came after ${last}`)
      inFlight.set(key, place)
      await wait(Math.random() * mostMs)
      inFlight.delete(key)
      const answer = choose(key, place)
      const isSuccess = (typeof answer === 'number' ? answer : (answer.status ?? 200)) === 200
      if (isSuccess && !seen.includes(place)) delivered.set(key, [...(delivered.get(key) ?? []), place])
      return answer
    },
  }
}

/** How many events have had their success. */
export const arrivedAt = ({ delivered }: OrderWatch): number => [...delivered.values()].reduce((sum, { length }) => sum + length, 0)

export const eventOf = (key: string, place: number) => ({ type: 5, data: { id: key, place } })

/** Publishes the events of a key one after the other, each after the 202 of the one before; what is not accepted, again. */
export async function publishInOrder(api: Api, key: string, places: number[], idOf = (place: number) => `${key}-${place}`): Promise<void> {
  for (const place of places) {
    await until(
      async () => {
        const answer = await api('POST', '/v1/events', { id: idOf(place), ...eventOf(key, place) }).catch(() => undefined)
        return answer?.status === 200 || answer?.status === 202
      },
      { timeoutMs: 60_000 },
    )
  }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
