import { QUICK } from '../support/bank'
import { until } from '../support/until'
import { accessibilityFaults, enter, overflow, type Stage } from './browser'

export function overviewTests({ scene, browser }: Stage): void {
  test('shows how deliveries fare: rates, times, what is parked, the worst webhooks and those that are held up', async () => {
    const [well, broken] = [await scene.receiver(), await scene.receiver(500)]
    await scene.subscribe(well.url, { description: 'Goes well' })
    const bad = await scene.subscribe(broken.url, { description: 'Is broken', retry: { ...QUICK, maximumAttempts: 1 } })
    const paused = await scene.subscribe(well.url, { description: 'Waits for a person', eventTypes: [6] })
    await scene.api('POST', `/v1/webhooks/${paused}/pause`)
    const ids = await Promise.all(Array.from({ length: 3 }, () => scene.publish()))
    await Promise.all(ids.map((id) => scene.inStatus('parked', id, bad)))
    await until(async () => {
      const { body } = await scene.api<{ totals: { delivered: number; failed: number }; series: { backlog?: object }[] }>('GET', '/v1/stats')
      return body.totals.delivered === 3 && body.totals.failed === 3 && body.series.some(({ backlog }) => backlog)
    }, { timeoutMs: 40_000 })

    const { page, complaints } = await browser.open()
    await enter(page, scene, '/overview', 'Overview', 'viewer')
    await page.getByText('of what came to an end: 3 delivered, 3 parked').waitFor()
    await page.getByText('3 of 6 failed, and were tried again or parked').waitFor()
    await page.getByRole('figure', { name: 'Attempts a minute that delivered and that failed' }).waitFor()
    for (const [chart, columns] of [
      ['Attempts a minute that delivered and that failed', ['From', 'Delivered a minute', 'Failed a minute']],
      ['Time from publishing to arrival, p50 and p99', ['From', 'Half within', '99 of 100 within']],
      ['Deliveries that were parked and held', ['From', 'Parked', 'Held']],
    ] as const) {
      const figure = page.getByRole('figure', { name: chart })
      await figure.getByRole('button', { name: `Show as table: ${chart}` }).click()
      const headers = figure.getByRole('table', { name: chart }).getByRole('columnheader')
      await headers.last().waitFor()
      expect(await headers.allInnerTexts()).toEqual(columns)
    }
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: /^Show as chart: Time from publishing/ }).click()
    const worst = page.getByRole('table', { name: 'Webhooks with the most failures' })
    await worst.getByRole('link', { name: 'Is broken' }).waitFor()
    expect((await worst.getByRole('row').allInnerTexts()).slice(1)).toEqual([expect.stringMatching(/Is broken\s+3\s+0%/)])
    await page.getByRole('table', { name: 'Webhooks that get nothing now' }).getByText('Waits for a person').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await overflow(page)).toBe(0)
    await page.getByText('30 days').click()
    await page.getByText('steps of 6h').waitFor()
    await worst.getByRole('link', { name: 'Is broken' }).click()
    await page.getByRole('heading', { name: 'Is broken', level: 1 }).waitFor()
    expect(complaints).toEqual([])
  })

  test('reads well while nothing was attempted', async () => {
    const { page } = await browser.open()
    await enter(page, scene, '/overview', 'Overview', 'viewer')
    await page.getByRole('heading', { name: 'No attempts in this time' }).waitFor()
    await page.getByText('Every webhook is active.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })
}
