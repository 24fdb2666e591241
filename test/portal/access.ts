import type { Page } from 'playwright-core'
import { TOTP, Secret } from 'otpauth'
import { accessibilityFaults, choosePassword, enterAsAdministrator, PASSWORD, signIn, type Stage } from './browser'

/** Users, keys, tenants and one's own account, as an administrator finds them. */
export function accessTests({ scene, browser }: Stage): void {
  const shown = (page: Page, label: string): Promise<string> => page.getByRole('region', { name: label }).innerText()

  async function act(page: Page, email: string, what: string): Promise<void> {
    await page.getByRole('button', { name: `Actions for ${email}` }).click()
    await page.getByRole('menuitem', { name: what }).click()
  }

  test('an administrator invites a user by a link, changes the role, signs them out, disables and removes them', async () => {
    const { page, complaints } = await browser.open()
    await enterAsAdministrator(page, scene, '/administration/users', 'Users')
    const email = `grace@${scene.tenantId}.example`
    await page.getByRole('button', { name: 'Invite' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('E-mail').fill('nobody')
    await dialog.getByRole('button', { name: 'Invite' }).click()
    await dialog.getByText('Must be an e-mail address', { exact: true }).waitFor()
    await dialog.getByLabel('E-mail').fill(email)
    await dialog.getByLabel('Name').fill('Grace')
    await page.keyboard.press('Enter')
    const link = (await shown(page, 'Link')).trim()
    await page.getByRole('button', { name: 'Done' }).click()
    const row = page.getByRole('row').filter({ hasText: email })
    await row.getByText('invited').waitFor()

    const { page: theirs } = await browser.open({ apart: true })
    await choosePassword(theirs, link)
    await signIn(theirs, email)
    await theirs.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    expect(await theirs.getByRole('link', { name: 'Users' }).count()).toBe(0)

    await act(page, email, 'Change the role')
    await dialog.getByRole('combobox', { name: 'Role' }).click()
    await page.getByRole('option', { name: /^Operator/ }).click()
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await row.getByText('operator').waitFor()
    await act(page, email, 'Sign out everywhere')
    await dialog.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Signed out everywhere.').waitFor()
    await theirs.reload()
    await signIn(theirs, email)
    await theirs.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()

    await act(page, email, 'Disable')
    await dialog.getByRole('button', { name: 'Disable' }).click()
    await row.getByText('disabled').waitFor()
    await theirs.reload()
    await theirs.getByRole('heading', { name: 'Sign in' }).waitFor()
    await act(page, email, 'Remove')
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('an API key is shown once, opens what its scopes say, and nothing once it is revoked', async () => {
    const { page } = await browser.open()
    await enterAsAdministrator(page, scene, '/administration/api-keys', 'API keys')
    await page.getByRole('button', { name: 'Make a key' }).first().click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('checkbox', { name: 'admin' }).count()).toBe(0)
    await dialog.getByLabel('Used by').fill('Account service')
    await dialog.getByRole('checkbox', { name: 'read' }).check()
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    const key = (await shown(page, 'API key')).trim()
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Copy API key' }).click()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(key)
    const status = async (): Promise<number> => (await fetch(`${scene.herald.url}/v1/events`, { headers: { authorization: `Bearer ${key}` } })).status
    expect(await status()).toBe(200)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.reload()
    const row = page.getByRole('row').filter({ hasText: 'Account service' })
    await row.waitFor()
    expect(await page.content()).not.toContain(key)
    await row.getByRole('button', { name: 'Revoke' }).click()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await row.getByText('revoked').waitFor()
    expect(await status()).toBe(401)
  })

  test('a tenant is made, chosen, and still chosen when the page is loaded again', async () => {
    const { page } = await browser.open()
    await enterAsAdministrator(page, scene, '/administration/tenants', 'Tenants', true)
    const id = `${scene.tenantId}-new`
    await page.getByRole('button', { name: 'Make a tenant' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('ID').fill(id)
    await dialog.getByLabel('Name').fill('Bank of the North')
    await dialog.getByLabel('Events kept for').fill('one year')
    await dialog.getByRole('button', { name: 'Make the tenant' }).click()
    await dialog.getByText(/^Must be/).waitFor()
    await dialog.getByLabel('Events kept for').fill('365d')
    await dialog.getByRole('button', { name: 'Make the tenant' }).click()
    await page.getByRole('row').filter({ hasText: 'Bank of the North' }).getByText('365d').waitFor()

    await page.getByRole('combobox', { name: 'Tenant' }).click()
    await page.getByRole('option', { name: id }).click()
    await page.getByRole('heading', { name: 'No webhook yet' }).waitFor()
    // As a tab does that was not opened by this test's hand.
    const chosen = await page.evaluate<string>("sessionStorage.getItem('herald-tenant')")
    expect(chosen).toBe(id)
  })

  test('one sets an authenticator app up, changes the password, and ends every session', async () => {
    const { page, complaints } = await browser.open()
    const email = await enterAsAdministrator(page, scene, '/account', 'Your account')
    await page.getByRole('button', { name: 'Set an app up' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Present password' }).fill('not the password at all')
    await page.keyboard.press('Enter')
    await dialog.getByText('Is not right', { exact: true }).waitFor()
    await dialog.getByRole('textbox', { name: 'Present password' }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    const totp = new TOTP({ secret: Secret.fromBase32((await shown(page, 'Secret')).trim()) })
    await page.getByRole('img', { name: 'QR code of the secret' }).waitFor()
    await page.getByRole('textbox', { name: 'Code' }).fill(totp.generate())
    await page.getByRole('button', { name: 'Use this app' }).click()
    const [recovery = ''] = (await shown(page, 'Recovery codes')).trim().split('\n')
    await page.getByRole('button', { name: 'I have kept them' }).click()

    const password = page.getByRole('region', { name: 'Password' })
    await password.getByRole('textbox', { name: 'Present password' }).fill(PASSWORD)
    await password.getByRole('textbox', { name: 'Code' }).fill(recovery)
    await password.getByRole('textbox', { name: 'New password' }).fill('another plum walks south')
    await password.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('Changed. Every other session of yours has ended.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await signIn(page, email, 'another plum walks south')
    await page.getByRole('textbox', { name: 'Code' }).waitFor()
    expect(complaints).toEqual([])
  })
}
