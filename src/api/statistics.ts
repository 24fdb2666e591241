import { z } from 'zod'
import { LONGEST_WINDOW_MS, USUAL_WINDOW_MS } from '../domain/window'
import type { StatisticsQueries, WebhookStatistics } from '../store/statistics'
import type { WebhookStore } from '../store/webhooks'
import { invalid } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { statisticsView, toAbout, toStatisticsView, toWebhookRow, webhookStatisticsListView } from './statistics-views'
import { instant } from './views'

export interface StatisticsDeps {
  statistics: StatisticsQueries
  webhooks: Pick<WebhookStore, 'get'>
}

const WORST = 10
const MOST_WEBHOOKS = 200

export function statisticsRoutes({ statistics, webhooks }: StatisticsDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/stats',
      scope: 'read',
      tag: 'Statistics',
      summary: 'How deliveries fare',
      description:
        'Attempts, what was parked and how long arrival took, in steps: a minute for windows of up to 2 hours, 5 minutes up to 6 hours, 15 minutes up to 36 hours, an hour up to 8 days, else 6 hours. Steps lie on UTC. Attempts count when they are recorded, within about 15 s; test events do not count.',
      query: z.strictObject({
        ...windowShape,
        webhookId: z.string().optional().describe('Of this webhook alone.'),
      }),
      responses: { 200: { description: 'The counts.', schema: statisticsView } },
      handle: all,
    }),
    route({
      method: 'get',
      path: '/v1/stats/webhooks',
      scope: 'read',
      tag: 'Statistics',
      summary: 'How webhooks fare',
      description: 'One entry for each webhook that is asked for, in that order, also where nothing was counted.',
      query: z.strictObject({ ...windowShape, webhookId: webhookIds }),
      responses: { 200: { description: 'The counts.', schema: webhookStatisticsListView } },
      handle: byWebhook,
    }),
  ]

  async function all({ tenantId, query }: Call<unknown, WindowQuery & { webhookId?: string | undefined }>): Promise<Reply> {
    const { from, to } = readWindow(query)
    const { webhookId } = query
    const [found, worst] = await Promise.all([
      statistics.series(tenantId, from, to, webhookId),
      webhookId === undefined ? statistics.worst(tenantId, from, to, WORST) : undefined,
    ])
    return { status: 200, body: { ...toStatisticsView(found), ...(worst && { worst: await rows(tenantId, worst.data) }) } }
  }

  async function byWebhook({ tenantId, query }: Call<unknown, WindowQuery & { webhookId: string[] }>): Promise<Reply> {
    const { from, to } = readWindow(query)
    const { data, ...about } = await statistics.ofWebhooks(tenantId, from, to, query.webhookId)
    return { status: 200, body: { ...toAbout(about), data: await rows(tenantId, data) } }
  }

  function rows(tenantId: string, found: WebhookStatistics[]) {
    return Promise.all(found.map(async (each) => toWebhookRow(each, await webhooks.get(tenantId, each.webhookId))))
  }
}

const windowShape = {
  from: instant.describe('Included; a day before `to` when not given.'),
  to: instant.describe('Not included; now when not given. At most 31 days after `from`.'),
}
type WindowQuery = { from?: Date | undefined; to?: Date | undefined }

const webhookIds = z
  .string({ error: 'must be up to 200 ids of webhooks, separated by commas' })
  .min(1, 'must be up to 200 ids of webhooks, separated by commas')
  .transform((text) => [...new Set(text.split(','))])
  .refine((ids) => ids.length <= MOST_WEBHOOKS && !ids.includes(''), 'must be up to 200 ids of webhooks, separated by commas')
  .describe('Ids of webhooks, separated by commas, up to 200: those of a page of the list.')

function readWindow({ from, to = new Date() }: WindowQuery): { from: number; to: number } {
  const begin = from?.getTime() ?? to.getTime() - USUAL_WINDOW_MS
  if (begin >= to.getTime()) throw invalid([{ path: 'from', message: 'must lie before to' }])
  if (to.getTime() - begin > LONGEST_WINDOW_MS) throw invalid([{ path: 'from', message: 'must be at most 31 days before to' }])
  return { from: begin, to: to.getTime() }
}
