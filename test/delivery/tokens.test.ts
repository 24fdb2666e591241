import { createDispatcher, type DispatcherOptions } from '../../src/delivery/connector'
import type { Outlet } from '../../src/delivery/pools'
import { createPostEvent, type PostEvent } from '../../src/delivery/post'
import { createTokens } from '../../src/delivery/tokens'
import type { OAuth2Auth } from '../../src/domain/webhook'
import { startReceiver, type AnswerSpec, type Receiver } from '../support/receiver'
import { until } from '../support/until'
import { aPost } from './requests'

let receiver: Receiver
/** The token endpoint: `token-1`, `token-2` and so on, unless a test has it answer otherwise. */
let endpoint: Receiver
let dispatcher: Outlet
let now = 0
beforeEach(async () => {
  ;[receiver, endpoint] = await Promise.all([startReceiver(), startReceiver({ answer: (_, n) => granted({ access_token: `token-${n}` }) })])
  now = 0
})
afterEach(() => Promise.all([receiver.close(), endpoint.close(), dispatcher.destroy()]))

const granted = (more: object): AnswerSpec => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token_type: 'Bearer', expires_in: 3_600, ...more }) })

function createPost(options: Partial<DispatcherOptions> = {}): PostEvent {
  dispatcher = createDispatcher({ allowTargets: ['127.0.0.1/32'], deniedPorts: [], ...options })
  return createPostEvent({ dispatcher, userAgent: 'Herald/test', tokens: createTokens({ dispatcher, userAgent: 'Herald/test', clock: () => now }) })
}

const credentials = (changes: Partial<OAuth2Auth> = {}): OAuth2Auth => ({ type: 'oauth2', tokenUrl: endpoint.url, clientId: 'herald:1', clientSecret: 'its secret+ü', ...changes })
const authorizations = () => receiver.requests.map(({ headers }) => headers.authorization)

it('a bearer token is sent, and shown in no record', async () => {
  receiver.answer = ({ headers }) => ({ status: 500, body: `you sent ${String(headers.authorization)}` })
  const exchange = await createPost()(aPost(receiver.url, { auth: { type: 'bearer', token: 'stand-in~token' } }))
  expect(authorizations()).toEqual(['Bearer stand-in~token'])
  expect(exchange.request.headers['authorization']).toBe('***')
  expect(JSON.stringify(exchange)).not.toContain('stand-in')
})

it('a token is got with the client credentials, and used for as long as it holds', async () => {
  const post = createPost()
  const auth = credentials({ scope: 'events:write other', audience: 'https://receiver.example' })
  const exchanges = [await post(aPost(receiver.url, { auth })), await post(aPost(receiver.url, { auth }))]
  expect(exchanges.map(({ outcome }) => outcome.kind)).toEqual(['delivered', 'delivered'])
  expect(exchanges.map(({ timing }) => timing?.tokenMs)).toEqual([expect.any(Number), undefined])
  expect(authorizations()).toEqual(['Bearer token-1', 'Bearer token-1'])
  expect(JSON.stringify(exchanges)).not.toMatch(/token-1|its secret/)

  const [request, ...more] = endpoint.requests
  expect(more).toEqual([])
  expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': expect.stringContaining('application/x-www-form-urlencoded'), 'user-agent': 'Herald/test' } })
  expect(Object.fromEntries(new URLSearchParams(request?.rawBody))).toEqual({ grant_type: 'client_credentials', scope: auth.scope, audience: auth.audience })
  // RFC 6749, 2.3.1: each is form-encoded before.
  const [user, secret] = Buffer.from(String(request?.headers.authorization).replace('Basic ', ''), 'base64').toString().split(':')
  expect([user, secret]).toEqual(['herald%3A1', 'its+secret%2B%C3%BC'])
})

it('the client shows its secret in the body where the endpoint wants it there', async () => {
  await createPost()(aPost(receiver.url, { auth: credentials({ clientAuthentication: 'body' }) }))
  expect(endpoint.requests[0]?.headers).not.toHaveProperty('authorization')
  expect(Object.fromEntries(new URLSearchParams(endpoint.requests[0]?.rawBody))).toMatchObject({ client_id: 'herald:1', client_secret: 'its secret+ü' })
})

it('a token is used for the very credentials that it was got with', async () => {
  const post = createPost()
  const others = [{ clientSecret: 'a guess' }, { clientId: 'another' }, { scope: 'other' }, { audience: 'other' }, { tokenUrl: `${endpoint.url}?b` }, { clientAuthentication: 'body' as const }]
  for (const each of [{}, ...others]) await post(aPost(receiver.url, { auth: credentials(each) }))
  expect(new Set(authorizations()).size).toBe(1 + others.length)
})

it('POSTs that begin together wait for one token, and other credentials get another one', async () => {
  const post = createPost()
  await Promise.all(Array.from({ length: 30 }, (_, i) => post(aPost(receiver.url, { auth: credentials(i % 2 === 0 ? {} : { scope: 'other' }) }))))
  expect(endpoint.requests).toHaveLength(2)
  expect(new Set(authorizations())).toEqual(new Set(['Bearer token-1', 'Bearer token-2']))
})

it('a token is renewed before it ends, and no POST waits for that or is lost by an endpoint that is away', async () => {
  const post = createPost()
  const once = async () => (await post(aPost(receiver.url, { auth: credentials() }))).timing?.tokenMs
  await once()
  endpoint.answer = 503
  now = 3_000_000
  expect(await once()).toBeUndefined()
  await endpoint.waitFor(2)
  now += 2_000
  endpoint.answer = (_, n) => granted({ access_token: `token-${n}` })
  expect(await once()).toBeUndefined()
  await endpoint.waitFor(3)
  await until(async () => (await once(), authorizations().at(-1) === 'Bearer token-3'))
  expect(new Set(authorizations())).toEqual(new Set(['Bearer token-1', 'Bearer token-3']))
  // One that has ended is not sent any more.
  now += 3_600_000
  expect(await once()).toEqual(expect.any(Number))
  expect(authorizations().at(-1)).toBe('Bearer token-4')
})

it('a 401 is one failed attempt, the next one has a new token, and a receiver that refuses that too gets no third', async () => {
  const post = createPost()
  receiver.answer = 401
  const attempts = async (count: number) => {
    for (let n = 0; n < count; n++) expect((await post(aPost(receiver.url, { auth: credentials() }))).outcome).toMatchObject({ reason: 'status', status: 401 })
  }
  await attempts(5)
  expect(authorizations()).toEqual(['Bearer token-1', ...Array.from({ length: 4 }, () => 'Bearer token-2')])
  expect(endpoint.requests).toHaveLength(2)
  now += 61_000
  await attempts(2)
  expect(authorizations().slice(5)).toEqual(['Bearer token-2', 'Bearer token-3'])
})

it('401 to many at once is one new token', async () => {
  const post = createPost()
  receiver.answer = ({ headers }) => (headers.authorization === 'Bearer token-1' ? 401 : 200)
  await Promise.all(Array.from({ length: 20 }, () => post(aPost(receiver.url, { auth: credentials() }))))
  const after = await Promise.all(Array.from({ length: 20 }, () => post(aPost(receiver.url, { auth: credentials() }))))
  expect(new Set(after.map(({ outcome }) => outcome.kind))).toEqual(new Set(['delivered']))
  expect(endpoint.requests).toHaveLength(2)
})

describe('an endpoint that gives no token', () => {
  it.each<[string, number | AnswerSpec, RegExp]>([
    ['refuses the client', { status: 401, headers: { 'content-type': 'application/json', 'www-authenticate': 'Basic' }, body: '{"error":"invalid_client","error_description":"bad secret:\\n its secret+ü"}' }, /answered 401, invalid_client: bad secret: \*\*\*$/],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.2/' } }, /answered 302; redirects are not followed$/],
    ['fails', 500, /answered 500$/],
    ['answers nothing', 204, /answered 204$/],
    ['answers no JSON', { body: 'token' }, /answered 200, but no bearer token as JSON/],
    ['answers JSON that is none of OAuth', { headers: { 'content-type': 'application/json' }, body: '[1]' }, /answered 200, but no bearer token/],
    ['answers a token of another type', granted({ access_token: 'x', token_type: 'mac' }), /answered 200, but no bearer token/],
    ['answers a token that breaks out of the header', granted({ access_token: 'x\r\nwebhook-id: forged' }), /a token that no header can carry/],
    ['answers a token without an end', granted({ access_token: 'x'.repeat(20_000) }), /more than 16 KiB/],
    ['answers a life that is none', granted({ access_token: 'x', expires_in: 'soon' }), /answered 200, but no bearer token/],
    ['answers garbage', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }, /cannot be reached: /],
    ['resets', { reset: true }, /cannot be reached: /],
    ['says nothing', { hang: true }, /gave no answer within 4\d\d ms$/],
    ['drips', { drip: { everyMs: 10, bytes: 1 } }, /gave no answer within 4\d\d ms$/],
  ])('that %s is a failed attempt that says so, without a POST', async (_, answer, words) => {
    endpoint.answer = answer
    const { outcome, durationMs, response, request } = await createPost()(aPost(receiver.url, { auth: credentials(), timeoutMs: 450 }))
    expect(outcome).toEqual({ kind: 'failed', reason: 'token', detail: expect.stringMatching(words) })
    expect(JSON.stringify(outcome)).toContain(`The token endpoint 127.0.0.1:${endpoint.port} `)
    expect(JSON.stringify(outcome)).not.toContain('its secret')
    expect([response, request.headers]).toEqual([undefined, {}])
    expect(durationMs).toBeLessThan(1_450)
    expect(receiver.requests).toEqual([])
  })

  it.each<[string, (authorization: string, form: string) => string]>([
    ['the header', (authorization) => `no: ${authorization}!`],
    ['what is in the header', (authorization) => `no: ${authorization.slice(6)}!`],
    ['the form', (_, form) => `no: ${form}!`],
    ['the header, where it is cut', (authorization) => `${'no '.repeat(45)}${authorization}`],
    ['the secret, where it is cut', () => `${'no '.repeat(48)}its secret+ü`],
  ])('that repeats %s shows nobody the secret', async (_, description) => {
    endpoint.answer = ({ headers }) => ({ status: 401, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: 'invalid_client', error_description: description(String(headers.authorization), 'its+secret%2B%C3%BC') }) })
    const { outcome } = await createPost()(aPost(receiver.url, { auth: credentials() }))
    expect(outcome).toMatchObject({ reason: 'token', detail: expect.stringMatching(/invalid_client: no.*\*\*\*/) })
    // The first half of each form.
    expect(JSON.stringify(outcome)).not.toMatch(/aGVyYWxk|its.s/)
  })

  it('is asked by one attempt a second, however many there are', async () => {
    endpoint.answer = 500
    const post = createPost()
    const many = () => Promise.all(Array.from({ length: 20 }, () => post(aPost(receiver.url, { auth: credentials() }))))
    expect(new Set((await many()).map(({ outcome }) => outcome.kind))).toEqual(new Set(['failed']))
    await many()
    expect(endpoint.requests).toHaveLength(1)
    now += 1_001
    endpoint.answer = granted({ access_token: 'late' })
    expect(new Set((await many()).map(({ outcome }) => outcome.kind))).toEqual(new Set(['delivered']))
    expect(endpoint.requests).toHaveLength(2)
  })

  it.each(['http://127.0.0.2:8099/', 'http://169.254.169.254/latest', 'ftp://127.0.0.1/', 'http://user@127.0.0.1/', 'not a url'])('is not called at %s, which no retry can help', async (tokenUrl) => {
    const { outcome } = await createPost()(aPost(receiver.url, { auth: credentials({ tokenUrl }) }))
    expect(outcome).toEqual({ kind: 'blocked', detail: expect.stringMatching(/^The token endpoint/) })
  })
})
