/** Where the receiver refuses the first POST of every event, with all that it was sent in the answer. */
export const ECHO_PATH = '/echo'

/** Where the receiver answers 500 until it heals. */
export const BROKEN_PATH = '/broken'

/** The event number `i` of a load, the same in every process. */
export const eventId = (prefix: string, i: number): string => `${prefix}-${i}`

/** Its data, as text: the receiver must get these very bytes. */
export function eventData(id: string, note = 'salary'): string {
  return `{"id":"txn-${id}","accountId":"acc-4711","amount":"1250.10","currency":"EUR","direction":"credit","reference":"${note}","fee":1.10}`
}

/** Of the event number `i`, where a load has so many. */
export const orderingKey = (i: number, keys: number): string => `key-${i % keys}`

/** `type`: a name or an Event ID. */
export const eventBody = (id: string, type: string | number = 'TRANSACTION SUCCESSFUL', note?: string, orderingKey?: string): string =>
  `{"id":"${id}","type":${JSON.stringify(type)},${orderingKey === undefined ? '' : `"orderingKey":"${orderingKey}",`}"data":${eventData(id, note)}}`
