import type { Page } from 'playwright-core'
import { QUICK, transaction } from '../support/bank'
import { until } from '../support/until'
import { accessibilityFaults, choosePassword, enter, goTo, signIn, signInWithKey, type Stage } from './browser'

const TYPES = [
  ['CREATE ACCOUNT', '1'],
  ['UPDATE ACCOUNT', '2'],
  ['CREATE CUSTOMER', '3'],
  ['UPDATE CUSTOMER', '4'],
  ['TRANSACTION SUCCESSFUL', '5'],
  ['TRANSACTION REVERSED', '6'],
] as const

export function firstWebhookTests({ scene, browser }: Stage): void {
  /** A key that holds for the tenant of the test alone. */
  async function newKey(scopes = ['read', 'manage', 'retry', 'publish']): Promise<string> {
    const { body } = await scene.api<{ key: string }>('POST', '/v1/api-keys', { name: 'of a test', scopes })
    return body.key
  }

  /** As long as the way there is one that people would go. */
  async function tabTo(page: Page, text: string): Promise<void> {
    for (let i = 0; i < 40; i += 1) {
      if ((await page.evaluate<string>("document.activeElement?.innerText ?? ''")).trim() === text) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`The keyboard does not lead to ${text}`)
  }

  const count = (page: Page, text: string): Promise<number> => page.getByText(text, { exact: true }).count()

  test('leads from the main menu to a webhook for all six types, and shows its secret once', async () => {
    const receiver = await scene.receiver()
    const { page, complaints } = await browser.open()
    const email = `ada@${scene.tenantId}.example`
    const invited = await scene.api<{ link: string }>('POST', '/v1/users', { email, role: 'administrator' })
    await choosePassword(page, invited.body.link)
    await signIn(page, email)

    await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Webhook' }).click()
    await page.getByRole('link', { name: 'Add Webhook' }).first().click()
    const table = page.getByRole('table', { name: 'Event types' })
    for (const [name, id] of TYPES) {
      const row = table.getByRole('row').filter({ has: page.getByText(name, { exact: true }) })
      await row.waitFor()
      expect((await row.getByRole('cell').allInnerTexts())[1]).toBe(id)
      await row.getByRole('checkbox').check()
    }
    await page.getByLabel('URL').fill('http://169.254.169.254/')
    await page.getByText(/metadata|may not|not public|not allowed/i).first().waitFor()
    await page.getByLabel('Name').fill('Core banking')
    await page.getByLabel('URL').fill(receiver.url)
    await page.getByText('HTTPS is recommended: over plain HTTP').waitFor()
    await page.getByText('Basic', { exact: true }).click()
    await page.getByLabel('User name').fill('herald')
    await page.getByRole('textbox', { name: 'Password' }).fill('of the receiver')
    expect(await page.getByRole('list', { name: 'Attempts' }).innerText()).toMatch(/at once\s+2\s+2\ss\s+3\s+4\ss\s+4\s+8\ss\s+5\s+16\ss/)
    await page.getByRole('button', { name: 'Add Webhook' }).click()

    await page.getByRole('heading', { name: 'Core banking is added' }).waitFor()
    const secret = (await page.getByRole('region', { name: 'The secret' }).innerText()).trim()
    expect(secret).toMatch(/^whsec_\S{20,}$/)
    await page.getByRole('button', { name: 'Send test event' }).click()
    await page.getByText('answered 200').waitFor()
    expect(receiver.requests[0]?.headers.authorization).toMatch(/^Basic /)
    expect(await accessibilityFaults(page)).toEqual([])

    await page.getByRole('link', { name: 'Done: go to the webhook' }).click()
    await page.getByRole('heading', { name: 'Core banking', level: 1, exact: true }).waitFor()
    await page.getByRole('region', { name: 'Verify the signature' }).waitFor()
    expect(await page.content()).not.toContain(secret)
    expect(complaints).toEqual([])
  })

  test('leads from a customer who got nothing to delivered in at most five clicks', async () => {
    const receiver = await scene.receiver(503)
    await scene.subscribe(receiver.url, { description: 'Customer 4711' })
    const eventId = await scene.publish({ type: 'UPDATE CUSTOMER', data: { id: '4711', customerType: 'Individual' } })
    const { page, complaints } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook')
    await scene.inStatus('parked', eventId)
    receiver.answer = 200

    await page.evaluate('globalThis.clicks = 0; addEventListener("click", () => (globalThis.clicks += 1), true)')
    const begun = Date.now()
    await page.getByRole('textbox', { name: /^Search by/ }).fill('4711')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'UPDATE CUSTOMER' }).click()
    await page.getByText('5 attempts failed; the last answer was HTTP 503.').waitFor()
    expect(await page.getByText(/^Attempt \d: failed, HTTP 503$/).count()).toBe(5)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Retry now' }).click()
    await page.getByText('Delivered after 6 attempts.').waitFor()
    await page.getByText(/^Retried by a guest of the portal link/).waitFor()
    expect(Date.now() - begun).toBeLessThan(60_000)
    // Whoever presses Enter in the search needs one less.
    expect(await page.evaluate('globalThis.clicks')).toBe(3)
    expect(receiver.requests).toHaveLength(6)
    expect(complaints).toEqual([])
  })

  test('leads there by the keyboard alone too', async () => {
    const receiver = await scene.receiver(503)
    await scene.subscribe(receiver.url, { retry: { ...QUICK, maximumAttempts: 1 } })
    const eventId = await scene.publish({ type: 'UPDATE CUSTOMER', data: { id: '4712', customerType: 'Individual' } })
    const { page } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook', 'operator')
    await scene.inStatus('parked', eventId)
    receiver.answer = 200
    await page.keyboard.press('/')
    await page.keyboard.type('4712')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'UPDATE CUSTOMER' }).waitFor()
    await tabTo(page, 'UPDATE CUSTOMER')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Retry now' }).waitFor()
    await tabTo(page, 'Retry now')
    await page.keyboard.press('Enter')
    await page.getByText('Delivered after 2 attempts.').waitFor()
  })

  test('says what was published about an entity when no webhook asked for it', async () => {
    await scene.publish({ type: 'CREATE CUSTOMER', data: { id: 'cus-1', customerType: 'Group' } })
    const { page } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook')
    const search = page.getByRole('textbox', { name: /^Search by/ })
    await search.fill('cus-1')
    await search.press('Enter')
    await page.getByRole('heading', { name: 'Published, but to no webhook' }).waitFor()
    await search.fill('cus-2')
    await search.press('Enter')
    await page.getByRole('heading', { name: 'Nothing was published about cus-2' }).waitFor()
  })

  test('releases 500 at a pace, and leaves what it has not moved as it is when it is cancelled', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { ...QUICK, maximumAttempts: 1 }, autoSuspend: false })
    await scene.api('POST', '/v1/events/batch', { events: Array.from({ length: 500 }, () => transaction()) })
    const { page, complaints } = await browser.open()
    await enter(page, scene, `/operations/deliveries?webhookId=${webhookId}&status=parked`, 'Deliveries', 'operator')
    const parked = async (): Promise<number> => (await scene.api<{ count: number }>('GET', `/v1/deliveries/count?webhookId=${webhookId}&status=parked`)).body.count
    await until(async () => (await parked()) === 500, { timeoutMs: 40_000 })
    receiver.answer = 200
    await page.getByRole('link', { name: 'Retry all 500 parked' }).click()
    await page.getByRole('textbox', { name: /^POSTs a second/ }).fill('20')
    await page.getByText('That takes about 25 s.').waitFor()
    await page.getByRole('button', { name: 'Retry 500 deliveries' }).click()
    await page.getByRole('heading', { name: 'Retry 500 deliveries' }).waitFor()
    await page.getByText(/^about .* left$/).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('cancelled', { exact: true }).waitFor()
    await until(async () => (await parked()) + receiver.requests.length - 500 === 500)
    expect(await parked()).toBeGreaterThan(100)
    expect(complaints).toEqual([])
  })

  test('retries many at once as a release, and says how far it has come', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { ...QUICK, maximumAttempts: 1 } })
    const ids = await Promise.all(Array.from({ length: 12 }, () => scene.publish(transaction())))
    const { page, complaints } = await browser.open()
    await enter(page, scene, `/operations/deliveries?webhookId=${webhookId}&status=parked`, 'Deliveries')
    await Promise.all(ids.map((id) => scene.inStatus('parked', id)))
    receiver.answer = 200
    await page.getByRole('link', { name: 'Retry all 12 parked' }).click()
    await page.getByRole('button', { name: 'Retry 12 deliveries' }).click()
    await page.getByRole('heading', { name: 'Retry 12 deliveries' }).waitFor()
    await page.getByText('finished', { exact: true }).waitFor()
    await page.getByRole('img', { name: 'Delivered: 12' }).or(page.getByLabel('Delivered: 12')).first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await goTo(page, '/operations/releases/new?webhookId=whk_gone', 'Retry many')
    await page.getByText('Webhook is not known in this tenant: it may have been deleted.').waitFor()
    expect(complaints).toEqual([])
  })

  test('holds while a webhook is paused, lets go when it is resumed, and deletes only what was named', async () => {
    const receiver = await scene.receiver()
    const webhookId = await scene.subscribe(receiver.url, { description: 'To be removed' })
    const { page } = await browser.open()
    await enter(page, scene, `/operations/webhook/${webhookId}`, 'To be removed')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
    await page.getByText('What it would get is held until you resume it.').waitFor()
    const eventId = await scene.publish()
    await scene.inStatus('held', eventId)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('1 held deliveries go out').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await scene.inStatus('delivered', eventId)

    await page.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('To be removed')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('heading', { name: 'No webhook yet' }).waitFor()
  })

  test('shows a key its own tenant alone, and goes on after the key was revoked', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url, { description: 'Of this tenant' })
    const other = await scene.herald.api<{ id: string; key: string }>('POST', '/v1/api-keys', { name: 'other', scopes: ['read'] })
    const { page } = await browser.open()
    await signInWithKey(page, scene.herald.url, other.body.key)
    await page.getByRole('heading', { name: 'No webhook yet' }).waitFor()
    expect(await count(page, 'Of this tenant')).toBe(0)
    await goTo(page, '/operations/deliveries', 'Deliveries')

    await scene.herald.api('DELETE', `/v1/api-keys/${other.body.id}`)
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
    await page.locator('input').and(page.getByLabel('API key')).fill(await newKey(['read']))
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await goTo(page, '/operations/webhook', 'Webhook')
    await page.getByText('Of this tenant').waitFor()
  })
}
