import { randomBytes } from 'node:crypto'
import { temporal } from '@temporalio/proto'
import { createSealer } from '../../src/delivery/seal'
import { createLogger } from '../../src/logger'
import { startHerald, type Herald } from '../../src/herald'
import { createWebhookStore } from '../../src/store/webhooks'
import { installTemporalRuntime } from '../../src/temporal/runtime'
import { ADMIN_KEY, createApi, testConfig, type Api } from '../support/herald'
import { createBank } from '../support/bank'
import { createAuthority } from '../support/certificates'
import { startReceiver, type Receiver } from '../support/receiver'
import { tell } from './tally'

/** Long and like nothing else, so that no part of anything is one by chance. */
const canary = (name: string): string => `canary-${name}-${randomBytes(9).toString('hex')}`

/** Given by a caller: to be found nowhere but, sealed, in the database. */
const given = {
  password: canary('password'),
  header: canary('header'),
  bearerToken: canary('bearer'),
  clientSecret: canary('client-secret'),
  accessToken: canary('access'),
  userPassword: `${canary('pw')} Tr0ub4dor`,
  misplaced: canary('misplaced'),
}
/** A customer's business: in the answers of its own tenant, sealed in the database, and nowhere else. The URL is the webhook's, and no secret to its tenant. */
const business = { body: canary('body'), answer: canary('answer'), urlToken: canary('url') }

const logged: string[] = []
const answers: string[] = []
const refusals: string[] = []
let herald: Herald
let receiver: Receiver
let api: Api
/** Made by Herald and shown once. */
const made: Record<string, string> = { adminKey: ADMIN_KEY }
let encryptionKey: Buffer

beforeAll(async () => {
  const config = testConfig()
  ;({ encryptionKey } = config)
  const logger = createLogger('trace', { write: (line: string) => void logged.push(line) })
  installTemporalRuntime(logger)
  herald = await startHerald(config, logger, 'all')
  receiver = await startReceiver({
    // One that repeats all that it was sent.
    answer: ({ headers, rawBody }, n) => ({ status: n < 3 ? 500 : 200, headers: { 'x-echo': String(headers.authorization) }, body: JSON.stringify({ headers, rawBody, answer: business.answer }) }),
  })
  api = createApi(herald.url)
})
afterAll(async () => {
  await herald.stop()
  await receiver.close()
})

/** Calls, and keeps what was answered; what Herald has just made is taken out first: it is shown that once. */
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const answer = await api(method, path, body, headers)
  const shown = answer.status < 300 ? { ...answer.body } : answer.body
  if (answer.status < 300 && method !== 'GET') for (const once of ['secret', 'key', 'link', 'url']) if (once !== 'url' || path.includes('portal-links')) delete shown[once]
  ;(answer.status < 300 ? answers : refusals).push(`${method} ${path} ${JSON.stringify(shown)} ${JSON.stringify([...answer.headers].filter(([name]) => name !== 'set-cookie'))}`)
  return answer.body
}

it('secrets and bodies are in no log, history, database dump, answer, error message or metric', async () => {
  await live()
  await liveOtherwise()
  await mistake()
  await visit()

  const { store, temporal: connection } = herald.context
  const { db } = store.models.webhooks
  const collections = await db.listCollections()
  const dump: string[] = []
  for (const { name } of collections) for (const record of await db.collection(name).find().toArray()) dump.push(`${name} ${JSON.stringify(record)} ${utf8Of(record)}`)
  const histories: string[] = []
  for await (const { workflowId, runId } of connection.client.workflow.list({ query: `TaskQueue = "${herald.context.config.temporal.taskQueue}"` })) {
    const history = await connection.client.workflow.getHandle(workflowId, runId).fetchHistory()
    histories.push(Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1'))
  }
  const metrics = [await (await fetch(`${herald.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).text()]

  // Each place is one where something would be found.
  for (const place of [logged, dump, histories, answers, refusals, metrics]) expect(place.join('').length).toBeGreaterThan(100)
  expect(dump.join('\n')).toContain(business.urlToken)
  expect(answers.join('\n')).toContain(business.body)
  expect(histories.length).toBeGreaterThan(0)

  const secrets = { ...given, ...made, encryptionKey: encryptionKey.toString('base64'), encryptionKeyHex: encryptionKey.toString('hex') }
  let searches = 0
  const search = (what: Record<string, string>, places: Record<string, string[]>): string[] =>
    Object.entries(what).flatMap(([name, value]) => Object.entries(places).flatMap(([place, texts]) => formsOf(value).flatMap((form) => {
      searches++
      return texts.filter((text) => text.includes(form)).map((text) => `${name} in ${place}: ${text.slice(Math.max(0, text.indexOf(form) - 150), text.indexOf(form) + 50)}`)
    })))
  const everywhere = { logs: logged, histories, 'the database': dump, answers, 'error messages': refusals, metrics }
  expect(search(secrets, everywhere)).toEqual([])
  expect(search(business, { logs: logged, histories, 'error messages': refusals, metrics })).toEqual([])
  const { body, answer } = business
  expect(search({ body, answer }, { 'the database': dump })).toEqual([])
  tell({ kind: 'canaries: secrets and bodies looked for', tried: searches, refused: searches, figure: `0 hits in ${Object.entries(everywhere).map(([name, texts]) => `${texts.length} of ${name}`).join(', ')}` })
}, 180_000)

/** As it is, and as the codings on the way would have it. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  return [...new Set([value, bytes.toString('base64').replace(/=+$/, '').slice(0, -2), bytes.toString('hex'), encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])]
}

/** Binary fields as text: JSON would show them as base64. */
function utf8Of(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  if ('buffer' in value) return Buffer.from((value as { buffer: Uint8Array }).buffer).toString()
  return Object.values(value).map(utf8Of).join(' ')
}

/** A webhook with every other kind of secret: what it gets is delivered, fails, and is looked at. */
async function liveOtherwise(): Promise<void> {
  const bank = createBank(api)
  const client = await (await createAuthority()).issue({ client: true })
  made['privateKey'] = client.key.split('\n')[1] ?? ''
  const endpoint = await startReceiver({ answer: (_, n) => ({ status: n % 2 === 1 ? 200 : 400, headers: { 'content-type': 'application/json' }, body: JSON.stringify(n % 2 === 1 ? { access_token: given.accessToken, token_type: 'bearer', expires_in: 0 } : { error: 'invalid_client', error_description: given.clientSecret }) }) })
  const oauth2 = { type: 'oauth2', tokenUrl: endpoint.url, clientId: 'herald', clientSecret: given.clientSecret }
  const webhook = await call('POST', '/v1/webhooks', { url: receiver.url, eventTypes: [6], retry: { maximumAttempts: 2, initialInterval: '100ms' }, auth: { type: 'bearer', token: given.bearerToken }, signatures: ['v1', 'v1a'] })
  const path = `/v1/webhooks/${String(webhook['id'])}`
  await bank.inStatus('delivered', await bank.publish({ type: 'TRANSACTION REVERSED', data: { id: 'txn-2' } }))
  await call('PATCH', path, { auth: oauth2 })
  for (let n = 0; n < 2; n++) await call('POST', `${path}/test`, {})
  await call('PATCH', path, { url: 'https://127.0.0.1:8099/', clientCertificate: { certificate: client.certificate, privateKey: client.key } })
  await call('POST', `${path}/rotate-key`, {})
  for (const each of [path, `${path}/jwks`]) await call('GET', each)
  const opened = await createWebhookStore(herald.context.store.models, createSealer(encryptionKey), createLogger('silent')).open('default', String(webhook['id']))
  made['signingKey'] = opened?.secrets.signingKeys?.[0]?.slice('whsk_'.length, 40) ?? ''
  expect(made['signingKey']).not.toBe('')
  await endpoint.close()
}

/** A delivery that fails, is parked, retried and looked at in every way. */
async function live(): Promise<void> {
  const bank = createBank(api)
  const webhook = await call('POST', '/v1/webhooks', {
    url: `${receiver.url}?token=${business.urlToken}`,
    eventTypes: [5],
    retry: { maximumAttempts: 2, initialInterval: '100ms' },
    auth: { type: 'basic', username: 'bank', password: given.password },
    headers: { 'x-api-key': given.header },
  })
  made['signingSecret'] = String(webhook['secret']).slice('whsec_'.length)
  const event = await bank.publish({ data: { id: 'txn-1', reference: business.body } })
  const { id } = await bank.inStatus('parked', event)
  for (const path of ['/v1/webhooks', `/v1/webhooks/${String(webhook['id'])}`, '/v1/events', `/v1/events/${event}`, '/v1/deliveries', `/v1/deliveries/${id}`]) await call('GET', path)
  await call('POST', `/v1/deliveries/${id}/retry`)
  await bank.inStatus('delivered', event)
  await call('GET', `/v1/deliveries/${id}`)
  await call('PATCH', `/v1/webhooks/${String(webhook['id'])}`, { auth: { type: 'basic', username: 'bank', password: given.password } })
  await call('POST', `/v1/webhooks/${String(webhook['id'])}/test`, {})
  const { key } = await call('POST', '/v1/api-keys', { name: 'n', scopes: ['read'] })
  made['apiKey'] = String(key).slice(-43)
  await call('GET', '/v1/api-keys')
  const { url } = await call('POST', '/v1/portal-links', { role: 'viewer' })
  made['portalLink'] = String(url).split('token=')[1] ?? ''
}

/** Secrets where they do not belong, and requests that are broken around them. */
async function mistake(): Promise<void> {
  const { misplaced } = given
  const webhook = { url: receiver.url, eventTypes: [5] }
  const wrong: [string, string, unknown][] = [
    ['POST', '/v1/webhooks', { ...webhook, auth: { type: 'bearer', token: misplaced } }],
    ['POST', '/v1/webhooks', { ...webhook, auth: { type: 'basic', username: 'u:u', password: misplaced } }],
    ['POST', '/v1/webhooks', { ...webhook, auth: misplaced }],
    ['POST', '/v1/webhooks', { ...webhook, headers: { 'x-key': `${misplaced}\r\nhost: a` } }],
    ['POST', '/v1/webhooks', { ...webhook, headers: { authorization: misplaced } }],
    ['POST', '/v1/webhooks', { ...webhook, url: `https://user:${misplaced}@example.com/` }],
    ['POST', '/v1/webhooks', `{"auth":{"password":"${misplaced}"`],
    ['POST', '/v1/webhooks', `{"auth":{"password":${misplaced}}}`],
    ['POST', '/v1/events', { type: 5, data: { id: 7, reference: misplaced } }],
    ['POST', '/v1/events', { type: misplaced.length, data: { id: 'x', amount: misplaced } }],
    ['POST', '/v1/events', `{"type":5,"data":{"id":"x","a":"${misplaced}"},"data":{}}`],
    ['POST', '/v1/events', { type: 5, data: { id: 'x', blob: misplaced.repeat(10_000) } }],
    ['POST', '/v1/session', { email: 'nobody@bank.example', password: misplaced }],
    ['POST', '/v1/session', { email: 'nobody@bank.example', password: [misplaced] }],
    ['POST', '/v1/setup', { token: misplaced, password: misplaced }],
  ]
  for (const [method, path, body] of wrong) await call(method, path, body)
  for (const authorization of [`Bearer ${misplaced}`, `Basic ${misplaced}`, `Bearer hrld_${'0'.repeat(26)}_${misplaced.padEnd(43, 'x').slice(0, 43)}`]) await call('GET', '/v1/events', undefined, { authorization })
  for (const cookie of [`herald_session=${misplaced}`, `__Host-herald_session=${misplaced}`]) await call('GET', '/v1/session', undefined, { cookie, authorization: 'none' })
}

/** Somebody who is invited, chooses a password, and signs in. */
async function visit(): Promise<void> {
  const { link } = await call('POST', '/v1/users', { email: 'ann@bank.example', role: 'administrator' })
  made['oneTimeLink'] = String(link).split('token=')[1] ?? ''
  await call('POST', '/v1/setup', { token: made['oneTimeLink'], password: given.userPassword })
  const response = await fetch(`${herald.url}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'ann@bank.example', password: given.userPassword }) })
  expect(response.status).toBe(200)
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { csrfToken } = (await response.json()) as { csrfToken: string }
  made['session'] = cookie.split('=')[1] ?? ''
  const mine = { cookie, 'x-csrf-token': csrfToken, 'content-type': 'application/json' }
  const totp = await fetch(`${herald.url}/v1/account/totp`, { method: 'POST', headers: mine, body: JSON.stringify({ password: given.userPassword }) })
  made['totp'] = ((await totp.json()) as { secret: string }).secret
  expect(made['totp']).toMatch(/^[A-Z2-7]{16,}$/)
  for (const path of ['/v1/session', '/v1/users', '/v1/webhooks', '/v1/deliveries']) answers.push(withoutCsrf(await (await fetch(herald.url + path, { headers: { cookie } })).text(), csrfToken))
}

/** Shown to its own session, with each look at it. */
const withoutCsrf = (text: string, token: string): string => text.replaceAll(token, '')
