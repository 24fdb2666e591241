import type { Page } from 'playwright-core'
import { enter, goTo, overflow, type Stage } from './browser'

const COUNT = 1_000
/** As many as an answer holds of which 16 KiB are kept. */
const CHUNK = 100

const MARKUP = [
  '<script>globalThis.hit = 1</script>',
  '"><img src=x onerror="globalThis.hit = 1">',
  '<svg/onload=globalThis.hit=1>',
  '</textarea><iframe srcdoc="<script>parent.hit=1</script>">',
  "javascript:globalThis.hit=1//'",
  '<a href="javascript:globalThis.hit=1">x</a>',
  '<style>*{display:none}</style>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '{{constructor.constructor("globalThis.hit=1")()}}',
  '${globalThis.hit=1}',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=globalThis.hit=1>',
  '%3Cscript%3EglobalThis.hit=1%3C/script%3E',
  '<!--<img title="--><img src=x onerror=globalThis.hit=1>">',
]
const BIDI = ['\u202E', '\u202D', '\u2066', '\u2067', '\u2068', '\u200F', '\u061C', '\u202A', '\u202B']
const OTHERS = ['שלום', 'مرحبا بالعالم', 'e\u0301\u0323\u0310\u0489'.repeat(5), '😀👩‍👩‍👧‍👦', '\u200B\uFEFF', 'ﷺ', '\uFFFD', '\u2028x\u2029']
const CONTROLS = Array.from({ length: 31 }, (_, i) => String.fromCharCode(i + 1))

/** Numbers that look random, and are the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Payloads that begin with their number, so that it is seen which were shown. */
function payloads(): string[] {
  const below = seeded(4_711)
  const pick = (from: string[]): string => from[below(from.length)] ?? ''
  return Array.from({ length: COUNT }, (_, n) => {
    const huge = n % 97 === 0 ? 'W'.repeat(300) : ''
    return `#${n}# ${pick(BIDI)}${pick(MARKUP)}${pick(CONTROLS)}${pick(OTHERS)}${huge}`
  })
}

const chunks = (all: string[], size: number): string[][] => Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))

/** As code of the browser: the tests' compiler knows Node alone. */
const FACTS = `(() => {
  const texts = [...document.querySelectorAll('main *')].flatMap((element) => [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => ({ element, text: node.data })))
  return {
    hit: globalThis.hit,
    made: document.querySelectorAll('main script, main iframe, main img, main base, main meta, main math, main style:not([data-mantine-styles]), main a[href^="javascript"]').length,
    // Written out, so that no character of theirs turns text around.
    turning: texts.filter(({ text }) => /[\\u202A-\\u202E\\u2066-\\u2069\\u200E\\u200F\\u061C]/.test(text)).map(({ text }) => text.slice(0, 80)),
    // Right to left by nature: apart from what stands beside it.
    mixed: texts.filter(({ element, text }) => /[\\u0590-\\u07FF]/.test(text) && !element.closest('bdi')).map(({ text }) => text.slice(0, 80)),
    numbers: [...document.querySelector('main').textContent.matchAll(/#(\\d+)#/g)].map((match) => match[1]),
  }
})()`
interface Facts {
  hit?: unknown
  made: number
  turning: string[]
  mixed: string[]
  numbers: string[]
}

export function hostileTests({ scene, browser }: Stage): void {
  /** What it finds must be text, and within the window. */
  async function look(page: Page): Promise<Set<string>> {
    const { numbers, ...facts } = await page.evaluate<Facts>(FACTS)
    expect({ ...facts, tooWide: await overflow(page) }).toEqual({ hit: undefined, made: 0, turning: [], mixed: [], tooWide: 0 })
    return new Set(numbers)
  }

  test('takes 1,000 hostile payloads in names, data and answers as text, in each of the three', async () => {
    const all = payloads()
    const parts = chunks(all, CHUNK)
    // By the number of the event, which is the entity's ID: each answer has a chunk, and bytes that are no UTF-8.
    const receiver = await scene.receiver(({ rawBody }) => {
      const part = Number(/"id":"p-(\d+)/.exec(rawBody)?.[1])
      return { status: 500, headers: { 'content-type': 'text/html' }, body: Buffer.concat([Buffer.from((parts[part] ?? []).join('\n')), Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80])]) }
    })
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 }, description: 'Receives them' })
    // As many as one name holds.
    const names = chunks(all, 7).map((some) => some.join(' ').slice(0, 1_024))
    for (const some of chunks(names, 10)) await Promise.all(some.map((description) => scene.subscribe(receiver.url, { eventTypes: [1], description })))
    const ids = await Promise.all(parts.map((part, i) => scene.publish({ data: { id: `p-${i}\u202E<b>`, amount: '1.00', currency: 'EUR', values: part, lone: '\ud800' } })))
    const deliveries = await Promise.all(ids.map((id) => scene.inStatus('parked', id, webhookId)))

    const { page, complaints } = await browser.open({ viewport: { width: 360, height: 800 } })
    await enter(page, scene, '/operations/webhook', 'Webhook')
    await page.getByText('#0#').first().waitFor()
    const named = await look(page)
    const [data, answers] = [new Set<string>(), new Set<string>()]
    for (const [i, { id }] of deliveries.entries()) {
      // Its own heading: that of the one before may still be there.
      await goTo(page, `/operations/deliveries/${id}`, new RegExp(`^TRANSACTION SUCCESSFUL.*p-${i}(?!\\d)`))
      const text = async (label: string): Promise<string> => page.getByRole('region', { name: label }).first().innerText()
      for (const [, number = ''] of (await text('Data of the event')).matchAll(/#(\d+)#/g)) data.add(number)
      for (const [, number = ''] of (await text('Answer body')).matchAll(/#(\d+)#/g)) answers.add(number)
      await look(page)
    }
    await goTo(page, '/operations/deliveries', 'Deliveries')
    await page.getByText('p-0').first().waitFor()
    await look(page)
    expect({ named: named.size, data: data.size, answers: answers.size }).toEqual({ named: COUNT, data: COUNT, answers: COUNT })
    expect(complaints).toEqual([])
  })
}
