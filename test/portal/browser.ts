import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

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

/** A browser for a file's tests; every tab is a fresh profile. */
export function useBrowser(): { open: (options?: BrowserContextOptions) => Promise<Tab> } {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
  }, 120_000)
  afterAll(() => browser?.close())
  return {
    open: async (options = {}) => {
      if (!browser) throw new Error('There is no browser')
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options })
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
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
      return { page, complaints }
    },
  }
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

/** What axe-core finds against WCAG 2.2 AA and good practice, one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run({ runOnly: tags })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  })
}
