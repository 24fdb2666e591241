import { randomBytes } from 'node:crypto'
import type { Api } from './herald'
import { until } from './until'

export interface AttemptJson {
  number: number
  startedAt: string
  outcome: string
  request?: { url: string; headers: Record<string, string> }
  response?: { status: number; headers: Record<string, string>; body: string; truncated: boolean }
  error?: { reason: string; detail: string }
}

export interface DeliveryJson {
  id: string
  eventId: string
  webhookId: string
  status: string
  round: number
  attemptCount: number
  workflowId: string
  nextAttemptAt?: string
  queued?: true
  parkedReason?: string
  createdAt: string
  expiresAt?: string
  expiryNoticedAt?: string
  expireAt?: string
  expiredReason?: string
  cancelledReason?: string
  replayedBy?: string
  lastOutcome?: { kind: string; attempt: number; status?: number; reason?: string; detail?: string }
  attempts: AttemptJson[]
}

/** Five attempts without the real waits. */
export const QUICK = { maximumAttempts: 5, initialInterval: '100ms', backoffCoefficient: 1 }

/** What a bank's people and services do, as the tests need it. */
export interface Bank {
  /** The id of a new webhook for all six types, with quick retries. */
  subscribe: (url: string, overrides?: Record<string, unknown>) => Promise<string>
  /** The id of a new event. */
  publish: (overrides?: Record<string, unknown>) => Promise<string>
  deliveries: (query: string) => Promise<DeliveryJson[]>
  /** The only delivery of an event, or the one to a webhook, with its attempts. */
  delivery: (eventId: string, webhookId?: string) => Promise<DeliveryJson | undefined>
  /** Waits until it is in this status. */
  inStatus: (status: string, eventId: string, webhookId?: string, timeoutMs?: number) => Promise<DeliveryJson>
}

export const transaction = (id = `txn-${randomBytes(6).toString('hex')}`) => ({
  type: 'TRANSACTION SUCCESSFUL',
  data: { id, accountId: 'acc-1', amount: '1.10', currency: 'EUR', direction: 'credit' },
})

export function createBank(api: Api): Bank {
  async function expectStatus<T>(wanted: number[], method: string, path: string, body?: unknown): Promise<T> {
    const answer = await api<T>(method, path, body)
    if (!wanted.includes(answer.status)) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    return answer.body
  }

  const deliveries = async (query: string): Promise<DeliveryJson[]> =>
    (await expectStatus<{ data: DeliveryJson[] }>([200], 'GET', `/v1/deliveries?limit=200&${query}`)).data

  const listed = async (eventId: string, webhookId?: string): Promise<DeliveryJson | undefined> =>
    (await deliveries(`eventId=${eventId}${webhookId ? `&webhookId=${webhookId}` : ''}`))[0]

  const withAttempts = ({ id }: DeliveryJson): Promise<DeliveryJson> => expectStatus([200], 'GET', `/v1/deliveries/${id}`)

  async function delivery(eventId: string, webhookId?: string): Promise<DeliveryJson | undefined> {
    const found = await listed(eventId, webhookId)
    return found && withAttempts(found)
  }

  return {
    deliveries,
    delivery,
    subscribe: async (url, overrides = {}) => {
      const input = { url, eventTypes: [1, 2, 3, 4, 5, 6], retry: QUICK, ...overrides }
      return (await expectStatus<{ id: string }>([201], 'POST', '/v1/webhooks', input)).id
    },
    publish: async (overrides = {}) =>
      (await expectStatus<{ id: string }>([200, 202], 'POST', '/v1/events', { ...transaction(), ...overrides })).id,
    inStatus: async (status, eventId, webhookId, timeoutMs = 20_000) => {
      let seen: DeliveryJson | undefined
      return until(
        async () => {
          seen = await listed(eventId, webhookId)
          if (seen?.status !== status) return undefined
          seen = await withAttempts(seen)
          return seen.status === status ? seen : undefined
        },
        { timeoutMs },
      ).catch((error: Error) => {
        throw new Error(`${error.message}; last seen: ${JSON.stringify(seen)}`)
      })
    },
  }
}
