import { execFile } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { Agent, fetch } from 'undici'
import { configFrom } from '../src/config'
import { readEnv } from '../src/env'
import { createAuthority, createFiles, type Authority } from './support/loopback-certificates'
import { ADMIN_KEY, startTestHerald, testConfig, type TestHerald } from './support/herald'
import { until } from './support/until'

const files = createFiles()
let authority: Authority
let herald: TestHerald
let dispatcher: Agent
let [certFile, keyFile] = ['', '']

beforeAll(async () => {
  authority = await createAuthority('an authority')
  const { cert, key } = await authority.issue('first')
  ;[certFile, keyFile] = [files.write('cert.pem', cert), files.write('key.pem', key)]
  dispatcher = new Agent({ connect: { ca: authority.cert } })
  herald = await startTestHerald({ config: { http: { ...testConfig().http, opsPort: 0, tls: { cert: certFile, key: keyFile } } } })
})
afterAll(async () => {
  await herald?.stop()
  await dispatcher?.close()
  files.remove()
})

const opsUrl = (): string => herald.herald.opsUrl ?? ''
const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { dispatcher, headers, redirect: 'manual' })
const asAdmin = { authorization: `Bearer ${ADMIN_KEY}` }

async function shown(options: object = {}): Promise<{ socket: TLSSocket; certificate: PeerCertificate }> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(herald.url).port), ca: authority.cert, ...options })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerCertificate()
  socket.destroy()
  return { socket, certificate }
}

it('speaks TLS 1.2 and later alone, on both ports, and has browsers come back by TLS', async () => {
  for (const url of [herald.url, opsUrl()]) {
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const answer = await get(`${url}/v1/events`)
    expect([answer.status, answer.headers.get('strict-transport-security')]).toEqual([401, expect.stringContaining('max-age=31536000')])
  }
  await expect(fetch(herald.url.replace('https', 'http'))).rejects.toThrow()
  await expect(shown({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toMatchObject({ code: expect.stringMatching(/SSL/) })
  await expect(shown({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).resolves.toBeDefined()
})

it('makes no change for operators at the port for everybody, by way of an approval either', async () => {
  const ask = async (url: string, method: string, where: string, body: object = {}) => {
    const answer = await fetch(url + where, { dispatcher, method, headers: { ...asAdmin, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as { detail?: string; approval?: { id: string } } }
  }
  await ask(opsUrl(), 'PATCH', '/v1/tenants/default', { fourEyes: true })
  const { body } = await ask(opsUrl(), 'PATCH', '/v1/tenants/default', { fourEyes: false })
  const approve = `/v1/approvals/${body.approval?.id}`
  const [open, ops] = [await ask(herald.url, 'POST', `${approve}/approve`), await ask(opsUrl(), 'POST', `${approve}/approve`)]
  expect([open.status, open.body.detail]).toEqual([403, expect.stringContaining('is for operators')])
  expect([ops.status, ops.body.detail]).toEqual([403, expect.stringContaining('asked for by you')])
  expect((await ask(herald.url, 'POST', `${approve}/reject`)).status).toBe(200)
})

it('keeps what is for operators, and for what watches it, off the port for everybody', async () => {
  for (const where of ['/metrics', '/healthz', '/readyz', '/v1/tenants', '/v1/tenants/default', '/v1/encryption-keys']) {
    const [open, ops] = [await get(herald.url + where, asAdmin), await get(opsUrl() + where, asAdmin)]
    expect([where, open.status, ops.status]).toEqual([where, 404, 200])
    // Nor does a stranger learn there that it is elsewhere.
    expect(await (await get(herald.url + where)).json()).toEqual(await open.json())
  }
  const listed = async (url: string): Promise<string[]> => Object.keys(((await (await get(`${url}/openapi.json`)).json()) as { paths: object }).paths)
  const [open, all] = [await listed(herald.url), await listed(opsUrl())]
  expect(open).toContain('/v1/events')
  expect(all.filter((each) => !open.includes(each))).toEqual(expect.arrayContaining(['/metrics', '/healthz', '/readyz', '/v1/tenants', '/v1/encryption-keys']))
  expect((await get(`${herald.url}/v1/events`, asAdmin)).status).toBe(200)
})

it('has what its commands ask at the port for operators, of the very certificate that it shows', async () => {
  const env = { PATH: process.env['PATH'], HERALD_ADMIN_KEY: ADMIN_KEY, PORT: '1', HERALD_OPS_PORT: new URL(opsUrl()).port, HERALD_TLS_CERT: certFile, HERALD_TLS_KEY: keyFile }
  const run = (more: object) => promisify(execFile)(process.execPath, [path.resolve(__dirname, '../dist/src/bin/herald.js'), 'audit', 'verify'], { env: { ...env, ...more } })
  expect((await run({})).stdout).toContain('default\twhole')
  const other = await authority.issue('another')
  await expect(run({ HERALD_TLS_CERT: other.cert, HERALD_TLS_KEY: other.key })).rejects.toMatchObject({ stderr: expect.stringMatching(/does not answer.*certificate/) })
})

it('takes a renewed certificate without a restart, and goes on with the one before while the new one is not whole', async () => {
  const { cert, key } = await authority.issue('second')
  files.write('cert.pem', cert)
  herald.herald.renewCertificate()
  expect((await shown()).certificate.subject.CN).toBe('first')
  files.write('key.pem', key)
  // By itself, as nobody tells it where files are replaced from outside.
  await until(async () => (await shown()).certificate.subject.CN === 'second' || undefined, { timeoutMs: 20_000 })
})

describe('settings of TLS and ports', () => {
  const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
  const config = (env: Record<string, string>) => configFrom(readEnv(env), { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }, servers, 'bundle.js')

  it('are refused where they cannot be used, and say why', async () => {
    const [one, other] = [await authority.issue('one'), await authority.issue('other')]
    expect(config({ HERALD_TLS_CERT: one.cert, HERALD_TLS_KEY: one.key }).http).toMatchObject({ tls: one })
    expect(() => config({ HERALD_TLS_CERT: one.cert })).toThrow('HERALD_TLS_CERT, a certificate with its chain, needs HERALD_TLS_KEY')
    expect(() => config({ HERALD_TLS_CERT: one.cert, HERALD_TLS_KEY: other.key })).toThrow(/HERALD_TLS_CERT and HERALD_TLS_KEY cannot be used: .*KEY_VALUES_MISMATCH/)
    expect(() => config({ HERALD_TLS_CERT: '/nowhere', HERALD_TLS_KEY: one.key })).toThrow('ENOENT')
    expect(() => config({ PORT: '3000', HERALD_OPS_PORT: '3000' })).toThrow('another port than PORT, which is 3000: such as 3001')
  })
})
