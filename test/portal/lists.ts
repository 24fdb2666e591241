import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { transaction } from '../support/bank'
import { until } from '../support/until'
import { accessibilityFaults, enter, enterAsAdministrator, type Stage } from './browser'

export function listTests({ scene, browser }: Stage): void {
  test('shows deliveries as they happen, without asking for the list again', async () => {
    const receiver = await scene.receiver({ delayMs: 500 })
    await scene.subscribe(receiver.url)
    const { page, complaints } = await browser.open()
    const stream = page.waitForResponse((response) => response.url().includes('/v1/deliveries/live'))
    await enter(page, scene, '/operations/deliveries', 'Deliveries', 'viewer')
    await page.getByRole('heading', { name: 'No deliveries yet' }).waitFor()
    expect((await stream).status()).toBe(200)
    await page.route(/\/v1\/deliveries\?/, (route) => route.abort())
    await scene.publish()
    const row = page.getByRole('table', { name: 'Deliveries' }).getByRole('row').filter({ hasText: 'TRANSACTION SUCCESSFUL' })
    await row.waitFor()
    await row.getByText('delivered').waitFor()
    expect(complaints).toEqual([])
  })

  test('holds no more than the newest while it is open, says so, and shows older ones when asked', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url)
    const { page, complaints } = await browser.open()
    const stream = page.waitForResponse((response) => response.url().includes('/v1/deliveries/live'), { timeout: 60_000 })
    await enter(page, scene, '/operations/deliveries', 'Deliveries', 'viewer')
    await stream
    const rows = page.getByRole('table', { name: 'Deliveries' }).getByRole('row')
    // Few enough at a time to be told one by one.
    for (const begun of [0, 60, 120, 180]) {
      await scene.api('POST', '/v1/events/batch', { events: Array.from({ length: 60 }, (_, i) => transaction(`txn-${begun + i}`)) })
      await until(async () => (await rows.count()) - 1 >= Math.min(200, begun + 60))
    }
    await page.getByText('The newest 200 are kept here while the list is live.').waitFor()
    expect(await rows.count()).toBe(201)
    await page.getByRole('button', { name: 'Show more' }).click()
    await until(async () => (await rows.count()) === 101)
    expect(complaints).toEqual([])
  })

  const FILTERED = '/operations/deliveries?status=parked&type=CREATE+ACCOUNT'

  async function choose(page: Page, item: string): Promise<void> {
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  async function saveView(page: Page, keptIn: string): Promise<void> {
    await choose(page, 'Save this view')
    await page.getByText(keptIn).waitFor()
    await page.getByRole('dialog').getByLabel('Name').fill('Accounts that wait')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show all deliveries' }).click()
    await page.waitForURL((url) => url.search === '')
  }

  const isFiltered = (page: Page): Promise<void> => page.waitForURL((url) => url.searchParams.get('status') === 'parked' && url.searchParams.get('type') === 'CREATE ACCOUNT')

  test('keeps a filter under a name: with the account, so that another browser has it', async () => {
    const { page, complaints } = await browser.open()
    await enterAsAdministrator(page, scene, FILTERED, 'Deliveries')
    await saveView(page, 'Kept with your account.')
    const cookies = await page.context().cookies()
    const { page: another } = await browser.open({ apart: true })
    await another.context().addCookies(cookies)
    await another.addInitScript(`sessionStorage.setItem('herald-tenant', ${JSON.stringify(scene.tenantId)})`)
    await another.goto(`${scene.herald.url}/portal/operations/deliveries`)
    await choose(another, 'Accounts that wait')
    await isFiltered(another)
    await choose(another, 'Save this view')
    await another.getByRole('button', { name: 'Remove Accounts that wait' }).click()
    await another.getByRole('button', { name: 'Remove Accounts that wait' }).waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('keeps the filters of who came by a portal link in the browser', async () => {
    const { page } = await browser.open()
    await enter(page, scene, FILTERED, 'Deliveries', 'viewer')
    await saveView(page, 'Kept in this browser.')
    await page.reload()
    await choose(page, 'Accounts that wait')
    await isFiltered(page)
  })

  test('exports events with their outcomes', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url)
    const eventId = await scene.publish()
    await scene.inStatus('delivered', eventId)
    const { page, complaints } = await browser.open()
    await enter(page, scene, '/events?since=hour', 'Events', 'viewer')
    await page.getByRole('button', { name: 'Export' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Published from').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const download = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Export' }).click()
    const file = await download
    // By the browser itself, which holds nothing of it in memory.
    expect(new URL(file.url()).pathname).toBe('/v1/events/export')
    expect(file.suggestedFilename()).toMatch(/^events-\d{4}-\d\d-\d\d\.csv$/)
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain(eventId)
    expect(lines[1]).toContain('delivered')
    expect(complaints).toEqual([])
  })
}
