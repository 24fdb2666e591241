import { accessibilityFaults, enterAsAdministrator, overflow, PASSWORD, signIn, type Stage } from './browser'

export function approvalTests({ scene, browser }: Stage): void {
  test('a change of the URL waits for a second person, whose menu counts it, and is done when they approve', async () => {
    const webhookId = await scene.subscribe('http://127.0.0.1:8099/hook', { description: 'Of the customer' })
    const { page, complaints } = await browser.open()
    await enterAsAdministrator(page, scene, `/operations/webhook/${webhookId}`, 'Of the customer')
    const email = `second@${scene.tenantId}.example`
    const { body } = await scene.api<{ link: string }>('POST', '/v1/users', { email, role: 'administrator' })
    const setup = { token: body.link.split('#token=')[1], password: PASSWORD }
    await fetch(`${scene.herald.url}/v1/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(setup) })
    await scene.herald.herald.context.store.models.users.updateOne({ emailKey: email }, { createdAt: new Date(0) })
    await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { fourEyes: true })

    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'URL' }).fill('http://127.0.0.1:8100/elsewhere')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('It waits for a second person').waitFor()
    await page.getByRole('link', { name: 'Approvals' }).first().click()
    await page.getByRole('heading', { name: 'Change a webhook: Of the customer' }).waitFor()
    await page.getByText(/a second person has to approve it/).waitFor()
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
    expect(await page.getByRole('button', { name: /^Take back/ }).count()).toBe(1)

    const second = await browser.open({ apart: true })
    await second.page.goto(`${scene.herald.url}/portal/operations/webhook/${webhookId}`)
    await signIn(second.page, email)
    await second.page.getByText('A change waits for a second person').waitFor()
    await second.page.getByRole('link', { name: /^Approvals\s*1\s*waits for you$/ }).waitFor()
    await second.page.getByRole('link', { name: 'Look at it and decide' }).click()
    await second.page.getByText('http://127.0.0.1:8100/elsewhere').waitFor()
    for (const [colorScheme, width] of [['dark', 360], ['light', 1280]] as const) {
      await second.page.setViewportSize({ width, height: 800 })
      await second.page.emulateMedia({ colorScheme })
      expect({ width, faults: await accessibilityFaults(second.page), tooWide: await overflow(second.page) }).toEqual({ width, faults: [], tooWide: 0 })
    }
    await second.page.getByRole('button', { name: 'Approve Of the customer' }).focus()
    await second.page.keyboard.press('Enter')
    await second.page.getByText('Nothing waits').waitFor()
    expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).body).toMatchObject({ url: 'http://127.0.0.1:8100/elsewhere' })
    expect([complaints, second.complaints]).toEqual([[], []])
    await second.page.context().close()
  })
}
