import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Payload } from '@temporalio/common'
import { startDelivery } from '../../src'
import { cacheDir, readEnv } from '../../src/env'
import { obtainTemporal } from '../../src/stack'
import { createApi, testConfig } from '../support/herald'
import { useScene } from '../support/scene'
import { newEventId, useService } from './service'

const UI = 'http://temporal.bank.example:8080'
const key = randomBytes(32)
const { temporal: settings } = testConfig()
const scene = useScene({ config: { temporal: { ...settings, payloadKey: key, uiUrl: `${UI}/ui/` } } })
const service = useService(scene)

const CANARY = 'canary-in-the-body'

interface Shown {
  metadata?: Record<string, string>
  data?: string
}
const shown = ({ metadata, data }: Payload): Shown => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
  data: Buffer.from(data ?? []).toString('base64'),
})
const textOf = ({ data }: Shown = {}): string => Buffer.from(data ?? '', 'base64').toString()

/** The input of a workflow that a service has started, sealed, as its history has it. */
async function sealedInput(sealedWith = key): Promise<{ workflowId: string; sealed: Shown }> {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { workflowId } = await startDelivery(service.sealing(sealedWith), {
    tenantId: scene.tenantId,
    taskQueue: scene.herald.config.temporal.taskQueue,
    event: { id: newEventId(), type: 5, data: { id: 'txn-1', reference: CANARY } },
  })
  const { events } = await service.client.workflow.getHandle(workflowId).fetchHistory()
  const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  return { workflowId, sealed: shown(input as Payload) }
}

const open = (payloads: Shown[], api = scene.herald.api) => api<{ payloads: Shown[] }>('POST', '/codec/decode', { payloads }, { 'x-namespace': 'default' })

it('opens what is sealed in a history, and leaves what is open, sealed with another key or broken as it is', async () => {
  const [{ sealed }, { sealed: foreign, workflowId }] = [await sealedInput(), await sealedInput(randomBytes(32))]
  expect(textOf(sealed)).not.toContain(CANARY)
  const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: Buffer.from('{"a":1.10}').toString('base64') }
  const broken = { ...sealed, data: 'AAAA' }
  const { status, body } = await open([plain, sealed, foreign, broken, {}])
  expect(status).toBe(200)
  expect(JSON.parse(textOf(body.payloads[1]))).toMatchObject({ tenantId: scene.tenantId, event: { data: { reference: CANARY } } })
  expect(body.payloads.filter((_, i) => i !== 1)).toEqual([plain, foreign, broken, { metadata: {} }])
  await service.client.workflow.getHandle(workflowId).terminate('the test is over')
})

it('seals what somebody puts in, so that services and Herald can open it', async () => {
  const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: Buffer.from(CANARY).toString('base64') }
  const { body } = await scene.herald.api<{ payloads: Shown[] }>('POST', '/codec/encode', { payloads: [plain] })
  expect(textOf(body.payloads[0])).not.toContain(CANARY)
  expect((await open(body.payloads)).body.payloads).toEqual([plain])
})

it("shows the sealed body to Temporal's own command line, with a key, and not without", async () => {
  const { workflowId } = await sealedInput()
  const program = await obtainTemporal({ cacheDir: cacheDir(readEnv()), report: () => undefined })
  const show = async (authorization: string): Promise<string> => {
    const args = ['workflow', 'show', '--workflow-id', workflowId, '--address', scene.herald.config.temporal.address, '--output', 'json']
    const codec = ['--codec-endpoint', `${scene.herald.url}/codec`, '--codec-auth', authorization]
    const { stdout, stderr } = await promisify(execFile)(program.path, [...args, ...codec], { maxBuffer: 2 ** 24 }).catch((error: { stdout: string; stderr: string }) => error)
    // It shows payloads as a history has them, once they are opened.
    return [...`${stdout}${stderr}`.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => textOf({ data })).join('\n')
  }
  const { body } = await scene.herald.api<{ key: string }>('POST', '/v1/api-keys', { name: 'of an operator', scopes: ['admin'] })
  expect(await show(`Bearer ${body.key}`)).toContain(CANARY)
  expect(await show('Bearer garbage')).not.toContain(CANARY)
})

it('opens nothing for a key of a tenant, and says who looked', async () => {
  const { sealed } = await sealedInput()
  const { body } = await scene.api<{ key: string }>('POST', '/v1/api-keys', { name: 'all of a tenant', scopes: ['publish', 'read', 'manage', 'retry', 'access'] })
  expect((await open([sealed], createApi(scene.herald.url, body.key))).status).toBe(403)
  await open([sealed])
  const { body: audit } = await scene.herald.api<{ data: { action: string }[] }>('GET', '/v1/audit')
  expect(audit.data.map(({ action }) => action)).toContain('POST /codec/decode')
})

describe('in a browser', () => {
  let cookie = ''

  beforeAll(async () => {
    const { body } = await scene.herald.api<{ link: string }>('POST', '/v1/users', { email: 'operator@bank.example', role: 'administrator', everyTenant: true })
    const post = (where: string, json: object) => fetch(scene.herald.url + where, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) })
    const password = 'plum lantern walks north'
    await post('/v1/setup', { token: body.link.split('#token=')[1], password })
    const signedIn = await post('/v1/session', { email: 'operator@bank.example', password })
    cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  })

  const ask = (origin: string, payloads: Shown[] = []) =>
    fetch(`${scene.herald.url}/codec/decode`, { method: 'POST', headers: { origin, cookie, 'content-type': 'application/json', 'x-namespace': 'default' }, body: JSON.stringify({ payloads }) })

  it("is asked by Temporal's UI with the session of who is signed in, and by no other site", async () => {
    const { sealed } = await sealedInput()
    const answer = await ask(UI, [sealed])
    expect([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-allow-credentials')]).toEqual([200, UI, 'true'])
    expect(textOf(((await answer.json()) as { payloads: Shown[] }).payloads[0])).toContain(CANARY)

    const other = await ask('https://elsewhere.example', [sealed])
    expect([other.status, await other.text()]).toEqual([403, expect.stringContaining('csrfToken')])
    // Nothing else takes a session without its token, whoever asks.
    const pause = await fetch(`${scene.herald.url}/v1/webhooks/x/pause`, { method: 'POST', headers: { origin: UI, cookie } })
    expect(pause.status).toBe(403)
  })

  it('says before it is asked who may', async () => {
    const preflight = await fetch(`${scene.herald.url}/codec/decode`, { method: 'OPTIONS', headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-namespace' } })
    expect(Object.fromEntries([...preflight.headers].filter(([name]) => name.startsWith('access-control-')))).toEqual({
      'access-control-allow-origin': UI,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization,content-type,x-namespace',
      'access-control-max-age': '600',
    })
  })
})
