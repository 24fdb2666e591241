import { readFile } from 'node:fs/promises'
import { accessibilityFaults, enterAsAdministrator, overflow, type Stage } from './browser'

export function auditTests({ scene, browser }: Stage): void {
  test('the audit page says who did what, shows before and after, and exports what the filters find', async () => {
    const { page, complaints } = await browser.open()
    await page.setViewportSize({ width: 1280, height: 900 })
    await enterAsAdministrator(page, scene, '/operations/webhook', 'Webhook')
    const webhookId = await scene.subscribe('http://127.0.0.1:8099/hook', { description: 'To be looked into' })
    await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { description: 'Was renamed', auth: { type: 'basic', username: 'u', password: 'canary-of-the-audit' } })
    // By the menu and the keyboard alone from here.
    await page.getByRole('link', { name: 'Audit' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
    await page.getByText('The book is whole').waitFor()
    await page.getByRole('textbox', { name: 'On what: ID' }).fill(webhookId)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Added a webhook' }).waitFor()
    const rows = page.getByRole('table', { name: 'Audit' }).getByRole('row')
    await rows.nth(3).waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(3)
    await page.getByRole('button', { name: 'Changed a webhook' }).focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog')
    await drawer.getByText('To be looked into').waitFor()
    await drawer.getByText('Was renamed').waitFor()
    await drawer.getByText('given anew; what it holds is never shown').waitFor()
    await drawer.getByText('the admin key').waitFor()
    expect(await drawer.getByRole('link', { name: webhookId }).getAttribute('href')).toBe(`/portal/operations/webhook/${webhookId}`)
    for (const [colorScheme, width] of [['light', 1280], ['dark', 360]] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      expect({ width, faults: await accessibilityFaults(page), tooWide: await overflow(page) }).toEqual({ width, faults: [], tooWide: 0 })
    }
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: 'CSV' }).click()
    const text = await readFile(await (await download).path(), 'utf8')
    expect(text).toMatch(/^number,at,actorKind/)
    expect(text).toContain(`PATCH /v1/webhooks/{id},${webhookId}`)
    expect(text).not.toContain('canary-of-the-audit')
    expect(complaints).toEqual([])
  })
}
