import type { HeraldApi } from './herald-api'

export interface DemoWebhook {
  id: string
  secret: string
  retry: { maximumAttempts: number; initialInterval: string; backoffCoefficient: number }
}

const DESCRIPTION = 'Herald demo'

/** The demo's own webhooks, and nobody else's. */
export interface DemoWebhooks {
  create: (url: string, eventTypes: (string | number)[]) => Promise<DemoWebhook>
  /** Removes those of this run, and what a demo that was killed has left. */
  removeAll: () => Promise<number>
}

export function createDemoWebhooks(api: HeraldApi, retry: object | undefined): DemoWebhooks {
  return {
    create: (url, eventTypes) =>
      api<DemoWebhook>('POST', '/v1/webhooks', { url, eventTypes, description: DESCRIPTION, ...(retry && { retry }) }),
    removeAll: async () => {
      const { data } = await api<{ data: { id: string; description?: string }[] }>('GET', '/v1/webhooks?limit=200')
      const own = data.filter(({ description }) => description === DESCRIPTION)
      for (const { id } of own) await api('DELETE', `/v1/webhooks/${id}`, undefined, [404])
      return own.length
    },
  }
}
