import { transaction } from '../support/bank'
import { accessibilityFaults, enter, enterAsAdministrator, type Stage } from './browser'

/** Who sees customers' data and secrets, and how they are erased. */
export function customerDataTests({ scene, browser }: Stage): void {
  test('shows a viewer the structure of data and answers, and an operator what they are', async () => {
    const receiver = await scene.receiver({ status: 500, headers: { 'content-type': 'application/json', 'x-of': 'canary' }, body: '{"why":"canary"}' })
    await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
    const { data } = transaction('txn-1')
    const eventId = await scene.publish({ data: { ...data, reference: 'canary' } })
    const { id } = await scene.inStatus('parked', eventId)
    const { page, complaints } = await browser.open()
    await enter(page, scene, `/operations/deliveries/${id}`, /^TRANSACTION/, 'viewer')

    const masked = page.getByRole('region', { name: 'Data of the event, masked' })
    await masked.waitFor()
    expect(await masked.innerText()).toMatch(/"reference":/)
    expect(await masked.getByRole('img', { name: 'masked value' }).count()).toBe(6)
    await page.getByText('Values are masked. Your role here, viewer, does not allow it').first().waitFor()
    expect(await page.content()).not.toContain('canary')
    expect(await accessibilityFaults(page)).toEqual([])

    await page.context().clearCookies()
    await enter(page, scene, `/operations/deliveries/${id}`, /^TRANSACTION/, 'operator')
    await page.getByRole('region', { name: 'Data of the event', exact: true }).getByText('canary').waitFor()
    expect(complaints).toEqual([])
  })

  test('reveals a signing secret to an administrator who means it', async () => {
    const webhookId = await scene.subscribe((await scene.receiver()).url, { description: 'Has lost its secret' })
    const { page, complaints } = await browser.open()
    await enterAsAdministrator(page, scene, `/operations/webhook/${webhookId}`, 'Has lost its secret')
    await page.getByRole('button', { name: 'Reveal secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal it' }).click()
    const shown = page.getByRole('region', { name: 'The signing secret' })
    const secret = (await shown.innerText()).trim()
    expect(secret).toMatch(/^whsec_\S{20,}$/)
    await page.getByRole('button', { name: 'Done' }).click()
    await shown.waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(secret)
    expect(complaints).toEqual([])
  })

  test('erases what is known of an entity once it was typed twice, and shows the report', async () => {
    await scene.subscribe((await scene.receiver()).url, { description: 'Got it before' })
    const eventId = await scene.publish(transaction('cust-1'))
    await scene.inStatus('delivered', eventId)
    const { page, complaints } = await browser.open()
    await enterAsAdministrator(page, scene, '/administration/erasures', 'Erasures')
    await page.getByRole('button', { name: 'Erase an entity' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('ID of the entity').fill('cust-1')
    await dialog.getByText('1 event about it').waitFor()
    await dialog.getByRole('button', { name: 'Erase for good' }).click()
    await dialog.getByLabel('Type the ID again').fill('cust-1')
    await dialog.getByRole('button', { name: 'Erase for good' }).click()

    const row = page.getByRole('row').filter({ hasText: 'cust-1' })
    await row.getByText('finished').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await row.getByRole('button', { name: /^Report/ }).click()
    await page.getByRole('dialog').getByText('Got it before', { exact: true }).waitFor()
    await page.goto(`${scene.herald.url}/portal/events/${eventId}`)
    await page.getByText(/^Erased/).waitFor()
    expect(complaints).toEqual([])
  })
}
