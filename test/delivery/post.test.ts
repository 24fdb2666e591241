import { Webhook } from 'standardwebhooks'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import { checkHeaders } from '../../src/delivery/request-headers'
import { generateSecret } from '../../src/delivery/sign'
import { startReceiver, type Receiver } from '../support/receiver'
import { aPost } from './requests'

const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [] })
const post = createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })
let receiver: Receiver

beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())
afterAll(() => dispatcher.destroy())

describe('what a receiver gets', () => {
  it('is a POST of the very bytes, which each of its secrets verifies', async () => {
    const secrets = [generateSecret(), generateSecret()]
    const body = '{"id":"evt_1","data":{"name":"Zoë 💶","balance":1.10,"big":12345678901234567890}}'
    const exchange = await post(aPost(`${receiver.url}?a=1&b=%20`, { body, secrets, attempt: 3 }))

    const [request] = receiver.requests
    expect(exchange.outcome).toEqual({ kind: 'delivered', status: 200 })
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook?a=1&b=%20',
      rawBody: body,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'Herald/0.1.0',
        'herald-attempt': '3',
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(exchange.startedAt.getTime() / 1000)),
        'webhook-signature': expect.stringMatching(/^v1,\S+ v1,\S+$/),
        host: `127.0.0.1:${receiver.port}`,
      },
    })
    expect(request?.headers).not.toHaveProperty('authorization')
    for (const secret of secrets) {
      const headers = Object.fromEntries(Object.entries(request?.headers ?? {}).map(([k, v]) => [k, String(v)]))
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
    }
  })

  it('has Basic credentials in UTF-8 and the extra headers, which the record masks', async () => {
    const auth = { type: 'basic', username: 'bänk', password: 'p:ässwört€' } as const
    const headers = { 'X-Api-Key': 'k3y', authorization: 'Bearer other' }
    const exchange = await post(aPost(receiver.url, { auth, headers }))

    const [request] = receiver.requests
    const credentials = Buffer.from(String(request?.headers.authorization).replace('Basic ', ''), 'base64')
    expect(credentials.toString('utf8')).toBe('bänk:p:ässwört€')
    expect(request?.headers['x-api-key']).toBe('k3y')
    expect(exchange.request.headers).toMatchObject({ authorization: '***', 'X-Api-Key': '***', 'webhook-id': 'evt_1' })
    expect(JSON.stringify(exchange)).not.toMatch(/k3y|Bearer|ässwört/)
  })

  it("cannot be changed by a webhook's headers where Herald sets them", async () => {
    const headers = { Host: 'other.example', 'Webhook-Signature': 'v1,forged', 'content-length': '1', expect: 'x' }
    const exchange = await post(aPost(receiver.url, { headers }))
    expect(exchange.outcome.kind).toBe('delivered')
    expect(receiver.requests[0]?.headers.host).toBe(`127.0.0.1:${receiver.port}`)
    expect(receiver.requests[0]?.headers['webhook-signature']).not.toContain('forged')
    for (const name of Object.keys(headers)) {
      expect(checkHeaders({ [name]: 'x' })).toEqual({ ok: false, reason: `The header '${name}' is set by Herald` })
    }
  })

  it('comes over few connections, which are kept', async () => {
    receiver.answer = { status: 200, body: 'x'.repeat(10_000) }
    for (let n = 0; n < 20; n++) await post(aPost(receiver.url))
    expect(receiver.requests).toHaveLength(20)
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2)
  })
})

describe('extra headers', () => {
  it('are checked when a webhook is made', () => {
    expect(checkHeaders({ 'x-tenant': 'Zürich 1', authorization: 'Bearer t' })).toEqual({ ok: true })
    expect(checkHeaders({ 'x tenant': '1' })).toMatchObject({ ok: false })
    for (const value of ['a\r\nhost: b', ' a', 'a\n', '€']) {
      expect(checkHeaders({ 'x-tenant': value })).toMatchObject({ ok: false })
    }
  })
})

describe('the answer', () => {
  it.each([200, 201, 202, 204, 226, 299])('%i delivers', async (status) => {
    receiver.answer = status
    expect((await post(aPost(receiver.url))).outcome).toEqual({ kind: 'delivered', status })
  })

  it.each([400, 401, 404, 409, 500, 502, 599])('%i is a failure', async (status) => {
    receiver.answer = status
    const { outcome } = await post(aPost(receiver.url))
    expect(outcome).toEqual({ kind: 'failed', reason: 'status', status, detail: `Answered ${status}` })
  })

  it.each([300, 301, 302, 303, 304, 307, 308])('%i is a failure too, and is not followed', async (status) => {
    const elsewhere = await startReceiver()
    receiver.answer = { status, headers: { location: elsewhere.url } }
    const { outcome, response } = await post(aPost(receiver.url))
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'status', status, detail: expect.stringContaining('redirects') })
    expect(response?.headers.location).toBe(elsewhere.url)
    expect(elsewhere.requests).toEqual([])
    await elsewhere.close()
  })

  it('410 means that the receiver wants no more', async () => {
    receiver.answer = 410
    expect((await post(aPost(receiver.url))).outcome).toEqual({ kind: 'gone', status: 410 })
  })

  it('is kept with its head and body, as text', async () => {
    receiver.answer = {
      status: 500,
      headers: { 'content-type': 'text/plain', 'X-Trace': 'abc', 'set-cookie': ['a=1', 'b=2'], __proto__x: '1' },
      body: Buffer.concat([Buffer.from('brok€n '), Buffer.from([0xff, 0xfe])]),
    }
    const { response, durationMs } = await post(aPost(receiver.url))
    expect(response).toMatchObject({
      status: 500,
      headers: { 'content-type': 'text/plain', 'x-trace': 'abc', 'set-cookie': 'a=1, b=2' },
      body: 'brok€n \ufffd\ufffd',
      truncated: false,
    })
    expect(durationMs).toBeGreaterThan(0)
  })

  it('does not show the credentials that a receiver repeats', async () => {
    receiver.answer = ({ headers }) => ({ status: 500, headers: { 'x-echo': String(headers['x-api-key']) }, body: JSON.stringify({ headers, password: 'p"ässwört' }) })
    const { response } = await post(aPost(receiver.url, { auth: { type: 'basic', username: 'bank', password: 'p"ässwört' }, headers: { 'X-Api-Key': 'k3y-of-the-bank' } }))
    expect(response?.headers['x-echo']).toBe('***')
    expect(response?.body).toContain('"authorization":"***"')
    expect(response?.body).toContain('"password":"***"')
    expect(response?.body).not.toMatch(/k3y-of|YmFuazpw/)
  })

  it('is not decompressed', async () => {
    receiver.answer = { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'not gzip at all' }
    expect((await post(aPost(receiver.url))).response?.body).toBe('not gzip at all')
  })
})

describe('Retry-After', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const postThen = createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0', now: () => now })

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sunday, 01-Mar-26 12:01:30 GMT', 90_000],
    ['Sun Mar  1 12:01:30 2026', 90_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ])('%s is a wait on 429 and 503, and only there', async (value, retryAfterMs) => {
    for (const status of [429, 503]) {
      receiver.answer = { status, headers: { 'retry-after': value } }
      expect((await postThen(aPost(receiver.url))).outcome).toMatchObject({ reason: 'status', status, retryAfterMs })
    }
    receiver.answer = { status: 500, headers: { 'retry-after': value } }
    expect((await postThen(aPost(receiver.url))).outcome).not.toHaveProperty('retryAfterMs')
  })

  it.each(['soon', '-5', '1.5', '', '99999999999999999999', '2026-03-01'])('%j says nothing', async (value) => {
    receiver.answer = { status: 429, headers: { 'retry-after': value } }
    expect((await postThen(aPost(receiver.url))).outcome).not.toHaveProperty('retryAfterMs')
  })
})
