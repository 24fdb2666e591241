import { createAuthority } from '../support/certificates'
import { accessibilityFaults, enter, type Stage } from './browser'

export function receiverTests({ scene, browser }: Stage): void {
  test('a webhook gets tokens by OAuth, a client certificate and a key pair, and its page shows what is no secret', async () => {
    const [authority, other] = await Promise.all([createAuthority('Authority'), createAuthority('Other')])
    const client = await authority.issue({ name: 'herald', client: true })
    const { page, complaints } = await browser.open()
    await enter(page, scene, '/operations/webhook/new', 'Add Webhook')
    await page.getByLabel('Name').fill('With everything')
    await page.getByLabel('URL').fill('https://example.com/hook')
    await page.getByRole('table', { name: 'Event types' }).getByRole('checkbox').nth(1).check()
    await page.getByText('OAuth 2.0', { exact: true }).click()
    await page.getByLabel('Token endpoint').fill('http://169.254.169.254/token')
    await page.getByLabel('Client ID').fill('herald-client')
    await page.getByRole('textbox', { name: 'Client secret' }).fill('hush-hush-hush')
    await page.getByText('PEM', { exact: true }).click()
    await page.getByLabel('Certificate', { exact: true }).fill(client.certificate)
    await page.getByLabel('Private key').fill(other.key)
    await page.getByRole('checkbox', { name: 'with a key pair (v1a)' }).check()
    const add = page.getByRole('button', { name: 'Add Webhook' })
    await add.click()
    await page.getByText(/^Does not belong to the certificate/).waitFor()
    await page.getByLabel('Private key').fill(client.key)
    await add.click()
    await page.getByText(/^Cannot be used: The address is/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByLabel('Token endpoint').fill('https://login.example.com/token')
    await add.click()
    await page.getByRole('heading', { name: 'With everything is added' }).waitFor()

    await page.getByRole('link', { name: 'Done: go to the webhook' }).click()
    await page.getByText('OAuth 2.0, as herald-client, by https://login.example.com/token').waitFor()
    const text = await page.getByRole('region', { name: 'Endpoint' }).innerText()
    expect(text).toMatch(/CN=herald, issued by CN=Authority\s+expires [^]+SHA-256 [0-9A-F:]{95}[^]+a secret \(v1\) and a key pair \(v1a\)[^]+whpk_/)
    expect(await page.content()).not.toContain('hush-hush-hush')
    expect(await accessibilityFaults(page)).toEqual([])

    // What is not typed again stays.
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByLabel('Name').fill('With everything still')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'With everything still', level: 1 }).waitFor()
    await page.getByText('OAuth 2.0, as herald-client, by https://login.example.com/token').waitFor()
    expect(await page.getByText('SHA-256').count()).toBe(1)
    expect(complaints).toEqual([])
  })
}
