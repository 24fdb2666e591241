import { QUICK_TALLYING } from '../support/herald'
import { until } from '../support/until'
import { useScene } from '../support/scene'

interface Row {
  webhookId: string
  url?: string
  delivered: number
  failed: number
  parked: number
  deliveryRate?: number
  successRate?: number
  parkedNow: number
  answer?: { p50: number; p99: number }
  arrival?: { p50: number; p99: number }
  series: { from: string; delivered: number; failed: number }[]
}
interface Statistics {
  step: string
  totals: Omit<Row, 'series'>
  series: (Row & { backlog?: { parked: number; held: number } })[]
  worst?: Row[]
}

const scene = useScene({ config: { tallying: QUICK_TALLYING } })

const statistics = async (query = ''): Promise<Statistics> => (await scene.api<Statistics>('GET', `/v1/stats?${query}`)).body

/** What is recorded is counted within moments. */
const counted = (holds: (found: Statistics) => boolean, query = ''): Promise<Statistics> =>
  until(async () => {
    const found = await statistics(query)
    return holds(found) ? found : undefined
  }, { timeoutMs: 40_000, everyMs: 250 })

it('counts what was delivered, failed and parked, by webhook, and the worst first', async () => {
  const [well, broken] = [await scene.receiver(200), await scene.receiver(500)]
  const good = await scene.subscribe(well.url)
  const bad = await scene.subscribe(broken.url)
  const events = await Promise.all(Array.from({ length: 6 }, () => scene.publish()))
  for (const id of events) await scene.inStatus('parked', id, bad)

  const { totals, worst, series, step } = await counted(({ totals }) => totals.delivered === 6 && totals.failed === 30 && totals.parked === 6)
  expect(totals).toMatchObject({ deliveryRate: 0.5, successRate: expect.closeTo(6 / 36, 4) })
  expect(totals.arrival?.p50).toBeGreaterThan(0)
  expect(step).toBe('15m')
  expect(worst).toMatchObject([{ webhookId: bad, url: broken.url, delivered: 0, failed: 30, parked: 6, parkedNow: 6 }])
  expect(series.reduce((sum, { failed }) => sum + failed, 0)).toBe(30)
  await counted((found) => found.series.at(-1)?.backlog?.parked === 6)

  const { body } = await scene.api<{ data: Row[] }>('GET', `/v1/stats/webhooks?webhookId=${good},${bad},whk_none`)
  expect(body.data).toMatchObject([
    { webhookId: good, delivered: 6, failed: 0, deliveryRate: 1, successRate: 1, parkedNow: 0 },
    { webhookId: bad, delivered: 0, failed: 30, deliveryRate: 0 },
    { webhookId: 'whk_none', delivered: 0, failed: 0 },
  ])
  expect(body.data[0]?.answer?.p50).toBeGreaterThan(0)
  expect(body.data[0]?.series.length).toBeGreaterThanOrEqual(20)
  expect(await statistics(`webhookId=${good}`)).toMatchObject({ totals: { delivered: 6, failed: 0 } })
}, 90_000)

it('counts a delivery that is parked again each time, and the backlog down when it leaves', async () => {
  const receiver = await scene.receiver(500)
  const webhook = await scene.subscribe(receiver.url)
  const event = await scene.publish()
  const { id } = await scene.inStatus('parked', event, webhook)
  await scene.api('POST', `/v1/deliveries/${id}/retry`)
  await until(async () => (await scene.delivery(event, webhook))?.attemptCount === 10)
  await scene.inStatus('parked', event, webhook)
  await counted(({ totals }) => totals.failed === 10 && totals.parked === 2)
  await scene.api('POST', `/v1/deliveries/${id}/cancel`)
  await counted(({ series }) => series.at(-1)?.backlog?.parked === 0)
}, 90_000)

it('says what is wrong with a window', async () => {
  const refusal = async (query: string) => (await scene.api<{ detail: string }>('GET', `/v1/stats?${query}`)).body.detail
  expect(await refusal('from=2026-02-01&to=2026-01-01')).toContain('must lie before to')
  expect(await refusal('from=2026-01-01&to=2026-03-01')).toContain('at most 31 days')
  expect(await refusal('from=yesterday')).toContain('from must be a time')
})
