import type { Page } from 'playwright-core'
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider'
import { testConfig } from '../support/herald'
import { useScene } from '../support/scene'
import { accessibilityFaults, describeInBrowser, goTo, useBrowser } from './browser'
import { PORTAL_DIR } from './portal-dir'

describeInBrowser('signing in to the portal by an identity provider', () => {
  let provider: IdentityProvider
  const config: Parameters<typeof useScene>[0] = { config: { portalDir: PORTAL_DIR } }
  beforeAll(async () => {
    provider = await startIdentityProvider()
    config.config = { ...config.config, portal: { ...testConfig().portal, singleSignOn: provider.settings } }
  })
  afterAll(() => provider?.stop())
  const scene = useScene(config)
  const browser = useBrowser()

  /** Somebody who was invited, and has an account there. */
  async function invite(): Promise<string> {
    const name = `jane-${scene.tenantId}`
    await scene.api('POST', '/v1/users', { email: `${name}@bank.example`, role: 'administrator' })
    await provider.allow(scene.herald.url)
    await provider.account(name, { email: `${name}@bank.example`, email_verified: true })
    return name
  }

  async function signInAs(page: Page, name: string): Promise<void> {
    await page.locator('input[name=login]').fill(name)
    await page.locator('input[name=password]').fill('any')
    await page.locator('button[type=submit]').click()
    await page.getByText('Authorize').first().waitFor()
    await page.locator('button[type=submit]').click()
  }

  test('is a button away, and goes on where it was begun', async () => {
    const name = await invite()
    const { page, complaints } = await browser.open()
    await page.goto(`${scene.herald.url}/portal/operations/deliveries?status=parked`)
    const button = page.getByRole('button', { name: 'Sign in with Bank Login' })
    await button.waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await button.click()
    await signInAs(page, name)
    await page.getByRole('heading', { name: 'Deliveries', level: 1 }).waitFor()
    expect(new URL(page.url()).search).toBe('?status=parked')
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByText(`${name}@bank.example`).first().waitFor()
    expect(complaints).toEqual([])
  })

  test('beside a page that is half filled in keeps what was typed', async () => {
    const name = await invite()
    const { page } = await browser.open()
    await page.goto(`${scene.herald.url}/portal/`)
    await page.getByRole('button', { name: 'Sign in with Bank Login' }).click()
    await signInAs(page, name)
    await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    await goTo(page, '/operations/webhook/new', 'Add Webhook')
    await page.getByLabel('Name').fill('Half typed')
    await scene.herald.herald.context.store.models.sessions.deleteMany({})
    await page.getByLabel('URL').fill('https://example.com/hook')
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
    const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Sign in with Bank Login' }).click()])
    await tab.getByRole('heading', { name: 'Webhook', level: 1 }).or(tab.getByRole('heading', { name: 'Add Webhook', level: 1 })).waitFor()
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor({ state: 'hidden' })
    expect(await page.getByLabel('Name').inputValue()).toBe('Half typed')
  })

  test('says what to do where it fails', async () => {
    await provider.allow(scene.herald.url)
    await provider.account('stranger', { email: 'stranger@bank.example', email_verified: true })
    const { page } = await browser.open()
    await page.goto(`${scene.herald.url}/portal/`)
    await page.getByRole('button', { name: 'Sign in with Bank Login' }).click()
    await signInAs(page, 'stranger')
    await page.getByText('There is no user stranger@bank.example here: ask an administrator to invite this address.').waitFor()
    expect(new URL(page.url()).search).toBe('')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('link', { name: 'Back to signing in' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  test('is chosen instead of a password on the page of an invitation', async () => {
    const email = `link-${scene.tenantId}@bank.example`
    const { body } = await scene.api<{ link: string }>('POST', '/v1/users', { email, role: 'viewer' })
    await provider.allow(scene.herald.url)
    await provider.account('by-link', { email: 'elsewhere@bank.example' })
    const { page } = await browser.open()
    await page.goto(body.link)
    await page.getByRole('button', { name: 'Use Bank Login instead of a password' }).click()
    await signInAs(page, 'by-link')
    await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByText(email).first().waitFor()
  })
})
