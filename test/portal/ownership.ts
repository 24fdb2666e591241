import { accessibilityFaults, enter, overflow, type Stage } from './browser'

export function ownershipTests({ scene, browser }: Stage): void {
  test('a webhook whose endpoint has not answered the challenge says so, and goes on once it has', async () => {
    const receiver = await scene.receiver(200)
    await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { ownershipCheck: true })
    const webhookId = await scene.subscribe(receiver.url, { description: 'Has to agree' })
    const { page, complaints } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook')
    await page.getByText('pending verification').waitFor()
    await page.getByRole('link', { name: 'Has to agree' }).click()
    await page.getByText(/did not repeat the challenge/).waitFor()
    expect(await page.getByRole('button', { name: 'Resume' }).count()).toBe(0)
    for (const [colorScheme, width] of [['dark', 360], ['light', 1280]] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      expect({ width, faults: await accessibilityFaults(page), tooWide: await overflow(page) }).toEqual({ width, faults: [], tooWide: 0 })
    }
    receiver.answer = ({ rawBody }) => ({ body: (JSON.parse(rawBody) as { data: { challenge: string } }).data.challenge })
    await page.getByRole('button', { name: 'Verify again' }).click()
    await page.getByText('pending verification', { exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).body).toMatchObject({ status: 'active' })
    expect(complaints).toEqual([])
  })
}
