import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Bank } from '../bank'
import { median } from '../measure/statistics'

interface StartPage {
  name: string
  path: string
  /** There once the page shows what it is for. */
  shown: string
  signedIn: boolean
}

const PAGES: StartPage[] = [
  { name: 'sign in', path: '/', shown: 'input[type="email"]', signedIn: false },
  { name: 'webhooks', path: '/', shown: 'table[aria-label="Webhooks"] a.lead', signedIn: true },
  { name: 'deliveries', path: '/operations/deliveries', shown: 'table a.lead', signedIn: true },
  { name: 'overview', path: '/overview?since=30d', shown: 'figure svg path', signedIn: true },
]
const TIMES = 3
/** So long without a task of more than 50 ms: the page has come to rest. */
const QUIET_MS = 500
const OPEN_MS = 30_000

/** A browser that has never seen the portal opens each; ms from the navigation until it is shown and answers, the median of three. */
export async function openPages(bank: Bank): Promise<Map<string, number>> {
  const executablePath = [process.env['HERALD_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find((place) => place !== undefined && existsSync(place))
  if (executablePath === undefined) throw new Error('The run "portal" needs Chromium: install it, or name it in HERALD_CHROMIUM')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
  try {
    const took = new Map<string, number>()
    for (const page of PAGES) {
      const times: number[] = []
      for (let i = 0; i < TIMES; i += 1) times.push(await open(browser, bank, page))
      took.set(page.name, median(times))
    }
    return took
  } finally {
    await browser.close()
  }
}

/** Text: this is the browser's code. Shown is in the next frame after it is there; busy is until the last long task's end. */
const WATCH = (shown: string): string => `
  globalThis.seen = { shownMs: 0, busyMs: 0 };
  new PerformanceObserver((list) => { for (const { startTime, duration } of list.getEntries()) seen.busyMs = startTime + duration }).observe({ type: 'longtask', buffered: true });
  const look = () => { if (document.querySelector(${JSON.stringify(shown)})) seen.shownMs = performance.now(); else requestAnimationFrame(look) };
  requestAnimationFrame(look);`

async function open(browser: Browser, bank: Bank, { path, shown, signedIn }: StartPage): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  try {
    if (signedIn) await context.addCookies(await session(bank))
    const page = await context.newPage()
    await page.addInitScript(WATCH(shown))
    await page.goto(`${bank.herald.url}/portal${path}`)
    return await atRest(page)
  } finally {
    await context.close()
  }
}

/** Asked from outside: the page's policy allows no text to become code. */
async function atRest(page: Page): Promise<number> {
  for (const end = Date.now() + OPEN_MS; Date.now() < end; await wait(100)) {
    const ms = await page.evaluate<number>(`seen.shownMs > 0 && performance.now() - Math.max(seen.shownMs, seen.busyMs) > ${QUIET_MS} ? Math.max(seen.shownMs, seen.busyMs) : 0`)
    if (ms > 0) return ms
  }
  throw new Error(`${page.url()} did not come to rest`)
}

/** By a portal link, as a bank's own application lets somebody in. */
async function session({ herald, tenantId }: Bank) {
  const { url } = await herald.call<{ url: string }>('POST', '/v1/portal-links', { role: 'administrator', name: 'A person' }, tenantId)
  const opened = await fetch(`${herald.url}/v1/portal-links/open`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: url.split('#token=')[1] }),
  })
  return opened.headers.getSetCookie().flatMap((text) => {
    const [, name, value] = /^([^=]+)=([^;]+)/.exec(text) ?? []
    return name === undefined || value === undefined ? [] : [{ name, value, url: herald.url, httpOnly: true, sameSite: 'Strict' as const }]
  })
}
