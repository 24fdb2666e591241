import { readFile } from 'node:fs/promises'
import { accessibilityFaults, enter, type Stage } from './browser'

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

  test('keeps a filter under a name', async () => {
    const { page } = await browser.open()
    await enter(page, scene, '/operations/deliveries?status=parked&type=CREATE+ACCOUNT', 'Deliveries', 'viewer')
    const choose = async (item: string): Promise<void> => {
      await page.getByRole('button', { name: 'Views' }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await choose('Save this view')
    await page.getByRole('dialog').getByLabel('Name').fill('Accounts that wait')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show all deliveries' }).click()
    await page.waitForURL((url) => url.search === '')
    await page.reload()
    await choose('Accounts that wait')
    await page.waitForURL((url) => url.searchParams.get('status') === 'parked' && url.searchParams.get('type') === 'CREATE ACCOUNT')
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
    expect(file.suggestedFilename()).toMatch(/^events-\d{4}-\d\d-\d\d\.csv$/)
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain(eventId)
    expect(lines[1]).toContain('delivered')
    expect(complaints).toEqual([])
  })
}
