import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { Scene } from '../support/scene'
import { until } from '../support/until'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** A Chromium of this machine; where it is missing and may be installed, it is. Without one, CI fails and others are told. */
function findChromium(): string | undefined {
  const found = () => [process.env['HERALD_CHROMIUM'], ...PLACES].find((place) => place !== undefined && existsSync(place))
  if (found() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    // Files run side by side, and apt takes one at a time.
    const install = 'test -x /usr/bin/chromium || { apt-get update -q && apt-get install -qy --no-install-recommends chromium; }'
    spawnSync('flock', [path.join(tmpdir(), 'herald-chromium.lock'), 'sh', '-c', install], { stdio: 'ignore' })
  }
  const place = found()
  if (place !== undefined) return place
  const what = 'The tests of the portal need Chromium: install it (Debian: apt-get install chromium), or name it in HERALD_CHROMIUM'
  if (process.env['CI']) throw new Error(what)
  process.stderr.write(`${what}. They are skipped.\n`)
  return undefined
}

const executablePath = findChromium()

/** `describe` where there is a browser. */
export const describeInBrowser = executablePath === undefined ? describe.skip : describe

export interface Tab {
  page: Page
  /** What the browser complained about: errors of scripts, refusals by the content security policy, dialogs. */
  complaints: string[]
}

interface TabOptions {
  colorScheme?: 'light' | 'dark'
  viewport?: { width: number; height: number }
  /** In a profile of its own, beside the tabs that are open. */
  apart?: boolean
}

export interface TestBrowser {
  open: (options?: TabOptions) => Promise<Tab>
}

/** What the tests of the portal are given. */
export interface Stage {
  scene: Scene
  browser: TestBrowser
}

/** A browser for all tests. A new tab begins without cookies, and closes those before it; the portal's code stays in the cache. */
export function useBrowser(): TestBrowser {
  let browser: Browser | undefined
  let profile: BrowserContext | undefined
  const newProfile = async (): Promise<BrowserContext> => {
    if (!browser) throw new Error('There is no browser')
    return browser.newContext({ reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  }
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
    profile = await newProfile()
  }, 120_000)
  afterAll(() => browser?.close())
  return {
    open: async ({ colorScheme = 'light', viewport = { width: 1280, height: 900 }, apart = false } = {}) => {
      const context = apart || !profile ? await newProfile() : profile
      await Promise.all(context.pages().map((before) => before.close()))
      await context.clearCookies()
      const page = await context.newPage()
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      page.setDefaultTimeout(15_000)
      return { page, complaints: listen(page) }
    },
  }
}

function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // Some questions are answered 401, 403 or 404 by design: whether there is a session, other tenants, such an event.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  return complaints
}

/** Straight to a page, for tests that are not about signing in: as whom a portal link of that role lets in. */
export async function enter(page: Page, { api, herald }: Scene, path: string, heading: string | RegExp, role = 'administrator'): Promise<void> {
  const { body } = await api<{ url: string }>('POST', '/v1/portal-links', { role, name: 'A person' })
  const headers = { 'content-type': 'application/json' }
  const opened = await fetch(`${herald.url}/v1/portal-links/open`, { method: 'POST', headers, body: JSON.stringify({ token: body.url.split('#token=')[1] }) })
  await keepCookie(page, opened, herald.url)
  await page.goto(`${herald.url}/portal${path}`)
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
}

/** The session of an answer becomes the browser's. */
async function keepCookie(page: Page, answer: Response, url: string): Promise<void> {
  const given = answer.headers.getSetCookie().flatMap((text) => {
    const [, name, value] = /^([^=]+)=([^;]+)/.exec(text) ?? []
    return name === undefined || value === undefined ? [] : [{ name, value, url, httpOnly: true, sameSite: 'Strict' as const }]
  })
  if (given.length === 0) throw new Error(`No session: ${answer.status} ${await answer.text()}`)
  await page.context().addCookies(given)
}

/** An administrator, signed in and on that page, who sees the scene's tenant. */
export async function enterAsAdministrator(page: Page, { api, herald, tenantId }: Scene, path: string, heading: string | RegExp, everyTenant = false): Promise<string> {
  const email = `administrator@${tenantId}.example`
  const { body } = await api<{ link: string }>('POST', '/v1/users', { email, role: 'administrator', everyTenant })
  const headers = { 'content-type': 'application/json' }
  const post = (to: string, input: object): Promise<Response> => fetch(herald.url + to, { method: 'POST', headers, body: JSON.stringify(input) })
  await post('/v1/setup', { token: body.link.split('#token=')[1], password: PASSWORD })
  await keepCookie(page, await post('/v1/session', { email, password: PASSWORD }), herald.url)
  // As if it had been chosen before.
  await page.addInitScript(`sessionStorage.setItem('herald-tenant', ${JSON.stringify(tenantId)})`)
  await page.goto(`${herald.url}/portal${path}`)
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
  return email
}

export async function signInWithKey(page: Page, url: string, key: string): Promise<void> {
  await page.goto(`${url}/portal/`)
  await page.getByRole('button', { name: 'Use an API key instead' }).click()
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Webhook', level: 1 }).waitFor()
}

export const PASSWORD = 'plum lantern walks north'

/** Opens the one-time link of an invitation, and chooses the password. */
export async function choosePassword(page: Page, link: string, email?: string): Promise<void> {
  await page.goto(link)
  if (email !== undefined) await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('link', { name: 'To the portal' }).click()
}

export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Another page without a new load, which would forget the key. */
export async function goTo(page: Page, path: string, heading: string | RegExp): Promise<void> {
  // Away from everything that tells more when it is pointed at.
  await page.mouse.move(0, 0)
  // As text: this is the browser's code, and the tests' compiler knows Node alone.
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(`/portal${path}`)}); dispatchEvent(new PopStateEvent('popstate'))`)
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
}

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe-core finds against WCAG 2.2 AA and good practice, one line each. */
export async function accessibilityFaults(page: Page, rules: string[] = RULES): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axeSource)
  await stillness(page)
  return page.evaluate(async (runOnly) => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  }, rules)
}

/** What slides, as the menu does when the window becomes narrow, covers for a moment what it will not. */
const stillness = (page: Page): Promise<unknown> =>
  page.evaluate(`new Promise(requestAnimationFrame).then(() => Promise.allSettled(
    document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime)).map((each) => each.finished)))`)

/** By how much the page is wider than its window, once it has taken the window's size. */
export async function overflow(page: Page): Promise<number> {
  const tooWide = (): Promise<number> => page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)')
  await until(async () => (await tooWide()) === 0 || undefined, { timeoutMs: 2_000 }).catch(() => undefined)
  return tooWide()
}
