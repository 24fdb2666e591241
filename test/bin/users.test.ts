import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { useScene } from '../support/scene'
import { ADMIN_KEY } from '../support/herald'

const HERALD = path.resolve(__dirname, '../../dist/src/bin/herald.js')
const PASSWORD = 'plum lantern walks north'
const scene = useScene()

interface Run {
  code: number
  stdout: string
  stderr: string
}

/** As a person types it where Herald runs. */
async function herald(...args: string[]): Promise<Run> {
  const { port } = new URL(scene.herald.url)
  const env = { PATH: process.env['PATH'], HERALD_ADMIN_KEY: ADMIN_KEY, PORT: port }
  return promisify(execFile)(process.execPath, [HERALD, 'users', ...args], { env }).then(
    (result) => ({ code: 0, ...result }),
    (error: Run) => error,
  )
}

const post = (where: string, body: object) =>
  fetch(scene.herald.url + where, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function choose(shown: string): Promise<void> {
  const [, token] = /#token=([\w-]{43})/.exec(shown) ?? []
  expect((await post('/v1/setup', { token, password: PASSWORD })).status).toBe(200)
}

it('invites an administrator, lists them, and lets them in again when they are locked out', async () => {
  const added = await herald('add', 'cli@bank.example', '--name', 'Cli', '--role', 'administrator', '--every-tenant')
  expect(added).toMatchObject({ code: 0, stderr: '' })
  await choose(added.stdout)
  const signIn = () => post('/v1/session', { email: 'cli@bank.example', password: PASSWORD })
  const session = (await (await signIn()).json()) as { user: object; everyTenant: boolean }
  expect(session).toMatchObject({ user: { name: 'Cli', role: 'administrator' }, everyTenant: true })
  expect((await herald('list')).stdout).toBe('cli@bank.example\tCli\tadministrator of every tenant\tactive\n')

  const { body } = await scene.herald.api<{ data: { id: string }[] }>('GET', '/v1/users')
  await scene.herald.api('PATCH', `/v1/users/${body.data[0]?.id}`, { status: 'disabled' })
  expect((await signIn()).status).toBe(401)
  const reset = await herald('reset', 'CLI@bank.example', '--disable-totp')
  expect(reset.code).toBe(0)
  await choose(reset.stdout)
  expect((await signIn()).status).toBe(200)
})

it('keeps to the tenant that is named', async () => {
  await herald('add', 'tenant@bank.example', '--tenant', scene.tenantId)
  expect((await herald('list', '--tenant', scene.tenantId)).stdout).toContain('tenant@bank.example\ttenant@bank.example\tviewer\tinvited')
  expect((await herald('list')).stdout).not.toContain('tenant@')
})

it('says what to do when it cannot', async () => {
  const role = await herald('add', 'a@bank.example', '--role', 'boss')
  expect([role.code, role.stderr.trim()]).toEqual([1, expect.stringContaining('role must be one of viewer, operator, administrator')])
  const nobody = await herald('reset', 'nobody@bank.example')
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('herald users add invites')])
  const away = await herald('list', '--url', 'http://127.0.0.1:9')
  expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('start it, or name it with --url')])
})
