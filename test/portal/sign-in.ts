import type { Page } from 'playwright-core'
import { QUICK } from '../support/bank'
import { until } from '../support/until'
import { accessibilityFaults, choosePassword, enter, goTo, PASSWORD, signIn, type Stage } from './browser'

export function signInTests({ scene, browser }: Stage): void {
  /** Somebody of the test's tenant who has signed in, having chosen a password by the link of the invitation. */
  async function enterAs(role: string): Promise<{ page: Page; email: string; complaints: string[] }> {
    const email = `${role}@${scene.tenantId}.example`
    const { body } = await scene.api<{ link: string }>('POST', '/v1/users', { email, role })
    const { page, complaints } = await browser.open()
    await choosePassword(page, body.link)
    await signIn(page, email)
    await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    return { page, email, complaints }
  }

  const buttons = async (page: Page): Promise<string[]> => {
    const names = await page.getByRole('main').locator('button, a[href]').allInnerTexts()
    return names.filter((name) => /^(add|edit|delete|pause|resume|retry|cancel|publish|send)/i.test(name.trim()))
  }

  test('lets nobody in with a wrong password, keeps them in when the page is loaded again, and out once they have signed out', async () => {
    const { page, email, complaints } = await enterAs('administrator')
    await page.reload()
    await page.getByRole('link', { name: 'Add Webhook' }).first().waitFor()
    expect(await buttons(page)).toContain('Add Webhook')
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByText('administrator', { exact: true }).waitFor()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await signIn(page, email, 'not the password at all')
    await page.getByText('The e-mail address, the password or the code is wrong').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(page, email, PASSWORD)
    await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    expect(complaints).toEqual([])
  })

  test('keeps what is typed when the network goes, and when the session ends', async () => {
    const { page, email } = await enterAs('administrator')
    await goTo(page, '/operations/webhook/new', 'Add Webhook')
    await page.getByLabel('Name').fill('Half typed')
    await page.context().setOffline(true)
    await page.getByText('You are offline').waitFor()
    await page.context().setOffline(false)
    await page.getByText('You are offline').waitFor({ state: 'detached' })
    const { body } = await scene.api<{ data: { id: string }[] }>('GET', `/v1/users?email=${email}`)
    await scene.api('DELETE', `/v1/users/${body.data[0]?.id}/sessions`)
    await page.getByLabel('URL').fill('https://bank.example/hook')
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
    await dialog.getByLabel('E-mail').fill(email)
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    expect([await page.getByLabel('Name').inputValue(), await page.getByLabel('URL').inputValue()]).toEqual(['Half typed', 'https://bank.example/hook'])
  })

  test('offers a viewer nothing that a viewer may not do, and says why', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { description: 'To be looked at', retry: { ...QUICK, maximumAttempts: 1 } })
    await scene.publish()
    const { id } = await scene.inStatus('parked', await scene.publish())
    const { page, complaints } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook', 'viewer')
    expect(await page.getByRole('link', { name: 'Publish a test' }).count()).toBe(0)
    for (const [path, heading, shown] of [
      ['/operations/webhook', 'Webhook', 'To be looked at'],
      [`/operations/webhook/${webhookId}`, 'To be looked at', 'Verify the signature'],
      ['/operations/deliveries?status=parked', 'Deliveries', 'To be looked at'],
    ] as const) {
      await goTo(page, path, heading)
      await page.getByText(shown).first().waitFor()
      expect({ path, buttons: await buttons(page) }).toEqual({ path, buttons: [] })
    }
    await goTo(page, `/operations/deliveries/${id}`, /^TRANSACTION/)
    await page.getByText('A retry? Your role here, viewer, does not allow it: ask an operator or an administrator.').waitFor()
    expect(await page.getByRole('button', { name: /Retry|Cancel/ }).count()).toBe(0)
    for (const [path, heading] of [
      ['/operations/webhook/new', 'Add Webhook'],
      [`/operations/webhook/${webhookId}/edit`, 'Edit'],
      ['/operations/releases/new', 'Retry many'],
      ['/events/publish', 'Publish a test'],
    ] as const) {
      await goTo(page, path, heading)
      await page.getByRole('heading', { name: 'You may not do this' }).waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
    }
    expect(complaints).toEqual([])
  })

  test('lets an operator retry, and change nothing', async () => {
    const receiver = await scene.receiver(500)
    await scene.subscribe(receiver.url, { retry: { ...QUICK, maximumAttempts: 1 } })
    const { id } = await scene.inStatus('parked', await scene.publish())
    const { page } = await browser.open()
    await enter(page, scene, '/operations/webhook', 'Webhook', 'operator')
    expect(await page.getByRole('link', { name: 'Add Webhook' }).count()).toBe(0)
    receiver.answer = 200
    await goTo(page, `/operations/deliveries/${id}`, /^TRANSACTION/)
    await page.getByRole('button', { name: 'Retry now' }).click()
    await page.getByText('Delivered after 2 attempts.').waitFor()
  })

  test('opens a portal link once, for the tenant and the role of the link', async () => {
    const receiver = await scene.receiver()
    const webhookId = await scene.subscribe(receiver.url, { description: 'Of the customer' })
    const { body } = await scene.api<{ url: string }>('POST', '/v1/portal-links', { name: 'Acme Ltd', webhookId })
    const { page, complaints } = await browser.open()
    await page.goto(body.url)
    await page.getByRole('heading', { name: 'Of the customer', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByText('Acme Ltd').waitFor()
    await page.getByText('viewer', { exact: true }).waitFor()
    const { page: another } = await browser.open({ apart: true })
    await another.goto(body.url)
    await another.getByText(/ask for another one/).waitFor()
    await another.goto(`${scene.herald.url}/portal/`)
    await another.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('asks before a portal link takes the place of a session', async () => {
    const { page, complaints } = await enterAs('viewer')
    const { body } = await scene.api<{ url: string }>('POST', '/v1/portal-links', { name: 'Acme <b>Ltd</b>' })
    await page.goto(body.url)
    await page.getByText(/^This browser is signed in as viewer@/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Open as Acme <b>Ltd</b> in A bank' }).click()
    await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByText('Acme <b>Ltd</b>').waitFor()
    expect(complaints).toEqual([])
  })

  test('does not count as use of a session what a page asks by itself', async () => {
    const receiver = await scene.receiver(500)
    await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '1h' } })
    const { id } = await scene.inStatus('retrying', await scene.publish())
    const { page } = await browser.open()
    // A delivery that is under way is asked for every second.
    await enter(page, scene, `/operations/deliveries/${id}`, /^TRANSACTION/, 'viewer')
    const background = (): Promise<boolean> =>
      page.waitForRequest((request) => request.url().includes('/v1/')).then(async (request) => (await request.allHeaders())['herald-background'] === 'true')
    await background()
    expect(await background()).toBe(true)
    // One that was under way when the key was pressed tells nothing.
    await until(async () => {
      const next = background()
      await page.keyboard.press('Shift')
      return !(await next)
    })
    expect(await background()).toBe(true)
  })
}
