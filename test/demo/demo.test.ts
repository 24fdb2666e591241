import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { runDemo } from '../../src/bin/demo/run-demo'
import { createScreen } from '../../src/bin/demo/screen'
import { readEnv } from '../../src/env'
import { ADMIN_KEY, startTestHerald, type TestHerald } from '../support/herald'
import { until } from '../support/until'

let herald: TestHerald
beforeAll(async () => {
  herald = await startTestHerald()
})
afterAll(() => herald.stop())

interface Shown {
  text: () => string
  done: Promise<void>
  interrupt: () => void
}

function demo(settings: Record<string, string> = {}): Shown {
  const env = readEnv({ HERALD_URL: herald.url, HERALD_ADMIN_KEY: ADMIN_KEY, ...settings })
  let text = ''
  const stopping = new AbortController()
  const screen = createScreen((part) => (text += part), false)
  const done = runDemo({ env, screen, isFast: true, signal: stopping.signal })
  return { text: () => text, done, interrupt: () => stopping.abort() }
}

const webhooksLeft = async (): Promise<unknown[]> =>
  (await herald.api<{ data: unknown[] }>('GET', '/v1/webhooks', undefined, { 'herald-tenant': 'demo' })).body.data

it('shows six arrivals, five failed attempts with their times, the park, the retry and the delivery', async () => {
  const { text, done } = demo()
  await done

  const shown = text()
  for (const [typeId, type] of ['CREATE ACCOUNT', 'UPDATE ACCOUNT', 'CREATE CUSTOMER', 'UPDATE CUSTOMER', 'TRANSACTION SUCCESSFUL', 'TRANSACTION REVERSED'].entries()) {
    expect(shown).toMatch(new RegExp(`✓ ${typeId + 1} ${type} +\\S+ +arrived after +\\d+ ms, signature verified`))
  }
  const failed = [...shown.matchAll(/✗ +t\+(\d+\.\d) s {2}attempt (\d) of 5, answered 503/g)]
  expect(failed.map(([, , attempt]) => attempt)).toEqual(['1', '2', '3', '4', '5'])
  expect(failed[0]?.[1]).toBe('0.0')
  expect(Number(failed[4]?.[1])).toBeGreaterThanOrEqual(1.5)
  expect(shown).toMatch(/✓ dlv_\w+ parked: attempts exhausted, 5 of them; the last: Answered 503/)
  expect(shown).toMatch(/In Temporal: event\/demo\/evt_\w+/)
  expect(shown).toMatch(/✓ +t\+\d+\.\d s {2}attempt 6, answered 200, signature verified/)
  expect(shown).toMatch(/✓ dlv_\w+ delivered; on record: 503, 503, 503, 503, 503, 200/)
  expect(shown).not.toContain('SIGNATURE WRONG')
  expect(shown).not.toContain(ADMIN_KEY)
  expect(await webhooksLeft()).toEqual([])
  await runCommands(shown)
})

/** What it says a person can type: those that only look still have something to see. */
async function runCommands(shown: string): Promise<void> {
  const commands = [...shown.matchAll(/^ +\$ (.+)$/gm)].map(([, command = '']) => command)
  const [key = '', ...curls] = commands
  const looks = curls.filter((command) => !/ -[dX] /.test(command))
  expect(looks).toHaveLength(2)
  const script = [key, ...looks.map((command) => command.replace('curl', 'curl -sS --fail-with-body'))].join('\n')
  const { stdout } = await promisify(execFile)('sh', ['-e', '-c', script], { env: { ...process.env, HERALD_ADMIN_KEY: ADMIN_KEY } })
  expect(stdout).toContain('"status":"delivered"')
}

it('takes its webhooks away when it is interrupted', async () => {
  const { text, done, interrupt } = demo()
  const ended = done.then(() => 'told to the end', () => 'ended early')
  await until(() => text().includes('attempt 1 of 5'))
  expect(await webhooksLeft()).toHaveLength(2)

  interrupt()

  expect(await ended).toBe('ended early')
  expect(await webhooksLeft()).toEqual([])
  expect(text()).toContain("Cleaned up: the receiver and the demo's 2 webhooks are gone.")
})

it('says what to do when Herald does not run', async () => {
  const { url, close } = await startOther()
  close()
  await expect(demo({ HERALD_URL: url }).done).rejects.toThrow(
    `Herald does not answer at ${url} (ECONNREFUSED): start it with \`npm start\``,
  )
})

it('says so when something else answers there', async () => {
  const { url, close } = await startOther()
  await expect(demo({ HERALD_URL: url }).done).rejects.toThrow('is not Herald')
  close()
})

async function startOther() {
  const other = createServer((_, response) => response.end('<html>'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => other.close() }
}

it('finds the admin key in the data directory, and says where it looked', async () => {
  const HERALD_DATA_DIR = await mkdtemp(path.join(tmpdir(), 'herald-demo-'))
  const missing = demo({ HERALD_ADMIN_KEY: '', HERALD_DATA_DIR }).done
  await expect(missing).rejects.toThrow(`The admin key cannot be read from ${HERALD_DATA_DIR}/admin-key (ENOENT)`)

  await writeFile(path.join(HERALD_DATA_DIR, 'admin-key'), 'herald_admin_of_another_herald\n')
  const wrong = demo({ HERALD_ADMIN_KEY: '', HERALD_DATA_DIR }).done
  await expect(wrong).rejects.toThrow('answered 401: This API key is not known. The demo needs the admin key of this very Herald')
})

it('paints for people only', () => {
  const shown = (isColoured: boolean): string => {
    let text = ''
    createScreen((part) => (text += part), isColoured).good('fine')
    return text
  }
  expect(shown(false)).toBe('   ✓ fine\n')
  expect(shown(true)).toContain('\u001b[')
})
