import type { Registry } from 'prom-client'
import { z } from 'zod'
import { route, type Route } from './route'
import { named } from './views'

export interface HealthDeps {
  readiness: () => Promise<{ mongodb: boolean; temporal: boolean }>
  metrics: Pick<Registry, 'metrics' | 'contentType'>
}

/** The tag of what is for those who watch Herald. */
export const OPERATION = 'Operation'

const alive = z.object({ status: z.literal('alive') })
const readinessView = z.object({ status: z.enum(['ready', 'not ready']), mongodb: z.boolean(), temporal: z.boolean() })
named.add(readinessView, { id: 'Readiness' })

export function healthRoutes({ readiness, metrics }: HealthDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      scope: 'none',
      tag: OPERATION,
      summary: 'Is this process alive?',
      responses: { 200: { description: 'It is.', schema: alive } },
      handle: async () => ({ status: 200, body: { status: 'alive' } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      scope: 'none',
      tag: OPERATION,
      summary: 'Does it reach MongoDB and Temporal?',
      description: 'Publishing needs MongoDB only: what is published while Temporal is away is delivered when it is back.',
      responses: {
        200: { description: 'It reaches both.', schema: readinessView },
        503: { description: 'It does not reach one of them.', schema: readinessView },
      },
      handle: async () => {
        const reached = await readiness()
        const isReady = reached.mongodb && reached.temporal
        return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not ready', ...reached } }
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      scope: 'read',
      tag: OPERATION,
      summary: 'Metrics for Prometheus',
      description: '`herald_build_info` names the version of Herald, which nothing tells without a key.',
      responses: { 200: { description: 'In the text format.', contentType: 'text/plain' } },
      handle: async () => ({ status: 200, text: await metrics.metrics(), contentType: metrics.contentType }),
    }),
  ]
}
