import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ADMIN_KEY, startTestHerald, type TestHerald } from '../support/herald'

const root = path.resolve(__dirname, '../..')
const readme = readFileSync(path.join(root, 'README.md'), 'utf8')

/** The commands of a chapter, block by block. */
function commandsOf(chapter: string): string[] {
  const [, text = ''] = readme.split(`\n## ${chapter}\n`)
  const [own = ''] = text.split('\n## ')
  return [...own.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands = '']) => commands)
}

let herald: TestHerald
const started: ChildProcess[] = []
beforeAll(async () => {
  herald = await startTestHerald()
})
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  await herald.stop()
})

/** A folder that looks like a checkout in which `npm start` runs. */
async function checkout(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'herald-readme-'))
  await mkdir(path.join(folder, '.herald'))
  await writeFile(path.join(folder, '.herald', 'admin-key'), `${ADMIN_KEY}\n`)
  await symlink(path.join(root, 'examples'), path.join(folder, 'examples'))
  return folder
}

it('has a first webhook that works as it stands, from the receiver to the retry', async () => {
  const [listen = '', publish = '', ...then] = commandsOf('Your first webhook')
  const cwd = await checkout()
  const receiver = spawn('sh', ['-c', `exec ${listen.trim()} 0`], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(receiver)
  let received = ''
  const listening = once(receiver.stdout, 'data')
  receiver.stdout.on('data', (part: Buffer) => {
    received += part.toString()
    if (received.includes('CREATE ACCOUNT')) writeFileSync(path.join(cwd, 'arrived'), '')
  })
  await listening
  const receiverUrl = /http:\S+/.exec(received)?.[0] ?? ''

  // Only the addresses differ, every answer of 400 and more is a failure, and the reader has seen the
  // first event arrive before going on.
  const pause = 'until test -f arrived; do sleep 0.1; done'
  const script = ['curl() { command curl --fail-with-body "$@"; }', publish, pause, ...then]
    .join('\n')
    .replaceAll('http://127.0.0.1:3000', herald.url)
    .replaceAll('http://127.0.0.1:4000', receiverUrl)
  const shown = await runScript(script, cwd)

  expect(shown).toMatch(/whk_\w+/)
  expect(shown).toContain('"status":"parked"')
  expect(shown).toMatch(/"status":"retrying","round":1/)
  expect(received).toMatch(/attempt 1, answered 200: .*"type":"CREATE ACCOUNT"/)
  expect(received).toMatch(/attempt 5, answered 503: .*"type":"TRANSACTION SUCCESSFUL"/)
  expect(received).toMatch(/attempt 6, answered 200: .*"type":"TRANSACTION SUCCESSFUL"/)
  expect((await herald.api<{ data: unknown[] }>('GET', '/v1/webhooks')).body.data).toEqual([])
})

async function runScript(script: string, cwd: string): Promise<string> {
  const shell = spawn('sh', ['-eu', '-c', script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(shell)
  let shown = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (part: Buffer) => (shown += part.toString()))
  const [code] = (await once(shell, 'close')) as [number | null]
  if (code !== 0) throw new Error(`A command of the README failed (${code}):\n${shown}`)
  return shown
}

it('names every setting that Herald reads, and no other', () => {
  const source = readFileSync(path.join(root, 'src/env.ts'), 'utf8')
  const read = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name)
  // For tests alone.
  const settings = read.filter((name) => name !== 'HERALD_FAULT')
  const [, table = ''] = readme.split('\n## Settings\n')
  const rows = (table.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name))
  expect(named.toSorted()).toEqual(settings.toSorted())
})

it('tells of commands, files and folders that are there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  const commands = [...readme.matchAll(/npm (?:run )?(\w+)/g)].map(([, name = '']) => name)
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([])
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, file = '']) => file)
  const folders = [...readme.matchAll(/`((?:src|test|bench|examples|docs|workflows|activities)\/[\w/]*)`/g)].map(([, file = '']) => file)
  for (const file of [...links, ...folders]) expect(() => readFileSync(path.join(root, file))).not.toThrow('ENOENT')
})
