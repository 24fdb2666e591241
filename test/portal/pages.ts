import { transaction } from '../support/bank'
import { ADMIN_KEY } from '../support/herald'
import { accessibilityFaults, enterAsAdministrator, goTo, overflow, signInWithKey, type Stage } from './browser'

/** Markup, script, direction marks, control characters, and far too much of everything. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "javascript:alert('x')",
  '{{constructor.constructor("alert(1)")()}}',
  '<svg/onload=alert(1)>',
  '\u202Egnp.exe\u202C \u2066isolated\u2069 \u200Bzero',
  '\u0001\u001b[31mred\u0007',
  '😀'.repeat(50),
  'W'.repeat(600),
  '\n\n\n<b>bold</b>\t',
  `</textarea><iframe src="javascript:alert(1)">`,
  '%3Cscript%3Ealert(1)%3C/script%3E',
]

export function pageTests({ scene, browser }: Stage): void {
  /** One of each thing, with a name, data and an answer that mean harm. */
  // The entry is that of the main menu which says where one is.
  async function stage(): Promise<{ pages: [path: string, heading: string | RegExp, entry?: string][] }> {
    const receiver = await scene.receiver(() => ({
      status: 500,
      headers: { 'x-hostile': '<img src=x onerror=alert(1)>', 'content-type': 'text/html' },
      body: Buffer.concat([Buffer.from(HOSTILE.join('\n')), Buffer.from([0xff, 0xfe, 0xc3, 0x28])]),
    }))
    const quick = { maximumAttempts: 1 }
    const webhookId = await scene.subscribe(receiver.url, { retry: quick, description: HOSTILE.join(' ').slice(0, 1_000) })
    for (const text of HOSTILE) await scene.subscribe(receiver.url, { retry: quick, eventTypes: [1], description: text })
    const { data } = transaction(`<img src=x onerror=alert(1)>${HOSTILE[5]}`)
    const eventId = await scene.publish({ data: { ...data, reference: HOSTILE.join(' '), nested: { '<script>': HOSTILE } } })
    const { id } = await scene.inStatus('parked', eventId)
    const { body } = await scene.api('POST', '/v1/releases', { action: 'retry', filter: { webhookId }, ratePerSecond: 1 })
    const parked = await scene.inStatus('parked', eventId)
    expect(parked.id).toBe(id)
    await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { fourEyes: true })
    for (const text of [...HOSTILE.slice(0, 2), HOSTILE[8]]) await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { url: `${receiver.url}?${text}`, description: text, headers: { 'x-a': 'b' } })
    return {
      pages: [
        ['/operations/webhook', 'Webhook', 'Webhook'],
        ['/operations/webhook/new', 'Add Webhook', 'Webhook'],
        [`/operations/webhook/${webhookId}`, /script/, 'Webhook'],
        [`/operations/webhook/${webhookId}/edit`, /^Edit/, 'Webhook'],
        ['/operations/deliveries', 'Deliveries', 'Deliveries'],
        ['/operations/deliveries?entityId=%3Cscript%3E', 'Deliveries', 'Deliveries'],
        [`/operations/deliveries/${id}`, /^TRANSACTION SUCCESSFUL/, 'Deliveries'],
        ['/operations/releases', 'Releases', 'Releases'],
        [`/operations/releases/new?webhookId=${webhookId}`, 'Retry many', 'Releases'],
        [`/operations/releases/${String(body['id'])}`, /^Retry 1/, 'Releases'],
        ['/operations/approvals', 'Approvals', 'Approvals'],
        ['/events', 'Events', 'Events'],
        ['/events/publish', 'Publish a test', 'Publish a test'],
        [`/events/${eventId}`, /^TRANSACTION SUCCESSFUL/, 'Events'],
        ['/event-types', 'Event types', 'Event types'],
        ['/administration/users', 'Users', 'Users'],
        ['/administration/api-keys', 'API keys', 'API keys'],
        ['/administration/erasures', 'Erasures', 'Erasures'],
        ['/administration/tenants', 'Tenants', 'Tenants'],
        ['/administration/audit', 'Audit', 'Audit'],
        ['/administration/settings', 'Settings', 'Settings'],
        ['/account', 'Your account'],
        ['/nowhere', 'There is no such page'],
      ],
    }
  }

  const LOOKS: { colorScheme: 'light' | 'dark'; width: number; rules: string[] | undefined }[] = [
    { colorScheme: 'light', width: 1440, rules: undefined },
    // What colours and room have to do with; the rest is the same.
    { colorScheme: 'dark', width: 360, rules: ['color-contrast', 'target-size'] },
  ]

  test('reads well in both themes, has room from 360 px on, and takes hostile text as text', async () => {
    const { pages } = await stage()
    const { page, complaints } = await browser.open()
    const check = async (path: string): Promise<void> => {
      for (const { colorScheme, width, rules } of LOOKS) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        const tooWide = await overflow(page)
        expect({ path, width, tooWide, faults: await accessibilityFaults(page, rules) }).toEqual({ path, width, tooWide: 0, faults: [] })
      }
    }
    await page.goto(`${scene.herald.url}/portal/`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await check('signing in')
    await enterAsAdministrator(page, scene, '/operations/webhook', 'Webhook', true)
    const current = page.getByRole('navigation', { name: 'Main menu', includeHidden: true }).locator('[aria-current=page]')
    for (const [path, heading, entry] of pages) {
      await goTo(page, path, heading)
      await page.locator('[aria-label="Loading"]').first().waitFor({ state: 'detached' })
      await check(path)
      expect(await page.locator('main script, main iframe, main img').count()).toBe(0)
      expect({ path, current: await current.allTextContents() }).toEqual({ path, current: entry === undefined ? [] : [entry] })
    }
    expect(complaints).toEqual([])
  })

  test('an administrator chooses the tenant', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url, { description: 'Of the chosen tenant' })
    const { page } = await browser.open()
    await signInWithKey(page, scene.herald.url, ADMIN_KEY)
    await page.getByRole('combobox', { name: 'Tenant' }).or(page.getByRole('textbox', { name: 'Tenant' })).first().click()
    await page.getByRole('option', { name: scene.tenantId }).click()
    await page.getByText('Of the chosen tenant').waitFor()
  })
}
