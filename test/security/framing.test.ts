import { connect } from 'node:net'
import { ADMIN_KEY, createApi } from '../support/herald'
import { useScene } from '../support/scene'
import { tell } from './tally'
import { newKey } from './two-banks'

const scene = useScene()

interface Answer {
  status: number
  body: string
}

/** What comes back for these bytes, until Herald closes the connection. */
function exchange(bytes: string): Promise<Answer[]> {
  const socket = connect(Number(new URL(scene.herald.url).port), '127.0.0.1')
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setTimeout(10_000, () => socket.destroy(new Error(`Herald waits for more after ${JSON.stringify(bytes)}: ${text}`)))
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    // Sent on after a refusal, the rest may be answered by a reset.
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error)))
    socket.on('close', () => resolve(answersOf(text)))
    socket.write(Buffer.from(bytes, 'latin1'))
  })
}

/** One after the other, each as long as it says. */
function answersOf(text: string): Answer[] {
  const [head, status] = /^HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/.exec(text) ?? []
  if (head === undefined) return text === '' ? [] : [{ status: 0, body: text }]
  const end = head.length + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
  return [{ status: Number(status), body: text.slice(head.length, end) }, ...answersOf(text.slice(end))]
}

function request(method: string, path: string, { key = ADMIN_KEY, body = '', head = [] }: { key?: string; body?: string; head?: string[] } = {}): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: herald', `Authorization: Bearer ${key}`, `Herald-Tenant: ${scene.tenantId}`, ...head]
  const framing = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]
  return [...lines, ...framing, '', body].join('\r\n')
}

const last = () => request('GET', '/v1/events', { head: ['Connection: close'] })
/** Runs where a body is taken for a request, and leaves an event. */
const smuggled = () => request('POST', '/v1/events', { body: '{"type":5,"data":{"id":"smuggled"}}' })
const NOTHING = '/v1/events/nothing/cancel'
const published = async (): Promise<unknown[]> => (await scene.api<{ data: unknown[] }>('GET', '/v1/events')).body.data

/** Each leaves it open where the body ends: whoever reads another end than a proxy before takes the rest for a request. */
const AMBIGUOUS: string[][] = [
  ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  ['Transfer-Encoding: xchunked', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: 5', 'Content-Length: 5'],
  ...['5, 5', '+5', '-5', '0x5', '5 0', '', '99999999999999999999999'].map((value) => [`Content-Length: ${value}`]),
  ['Content-Length : 5'],
  ['Content-Length\0: 5'],
  ['X-A: b', ' Content-Length: 5'],
  ['X-A: b', '\tc', 'Content-Length: 5'],
  ['Content-Length:', ' 5'],
  ...['xchunked', 'identity', 'chunked, identity', 'chunked, chunked', 'chunked,', 'chunked;q=1', '"chunked"', '\x0bchunked', 'chunked\0', 'chun\xe2\x84\xaaed', ''].map((value) => [`Transfer-Encoding: ${value}`]),
  ['Transfer-Encoding : chunked'],
  [' Transfer-Encoding: chunked'],
  ['Transfer-Encoding:', ' chunked'],
  ['Transfer-Encoding: chunked', ' , identity'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  ['X-A: b\rTransfer-Encoding: chunked'],
  ['X-A: b\nTransfer-Encoding: chunked'],
  ['Transfer-Encoding'],
  [': chunked'],
]
/** The size of the last chunk, and its end. */
const CHUNKS = ['0x0\r\n\r\n', '+0\r\n\r\n', '-0\r\n\r\n', '0 \r\n\r\n', '0_0\r\n\r\n', '\r\n\r\n', '0;a\n\r\n\r\n', '0\n\n', '10000000000000000\r\n\r\n', '2\r\nabXX0\r\n\r\n', '0\r\nContent-Length: 9\r\n\r\n']
const WHOLE = ['GET /v1/events\r\n\r\n', 'GET /v1/events HTTP/1.2\r\nHost: herald\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /v1/events HTTP/1.1\nHost: herald\n\n', 'GET /v1/\r/x HTTP/1.1\r\nHost: herald\r\n\r\n']

it('a request that could end in two places is refused, and what comes after it on the connection is not looked at', async () => {
  const framed = AMBIGUOUS.map((head) => request('POST', NOTHING, { head }) + '0\r\n\r\n')
  const chunked = CHUNKS.map((body) => request('POST', NOTHING, { head: ['Transfer-Encoding: chunked'] }) + body)
  const all = [...framed, ...chunked, ...WHOLE]
  await Promise.all(
    all.map(async (bytes) => {
      const statuses = (await exchange(bytes + smuggled() + last())).map(({ status }) => status)
      expect([bytes, statuses]).toEqual([bytes, [400]])
    }),
  )
  expect(await published()).toEqual([])
  tell({ kind: 'requests that could end in two places', tried: all.length, refused: all.length })
})

it('a body in chunks ends where they do, however the header is spelled that says so', async () => {
  for (const head of ['Transfer-Encoding: cHuNkEd', 'TRANSFER-ENCODING:\tchunked ', 'Transfer-Encoding: identity, chunked', 'Transfer-Encoding: , chunked']) {
    const answers = await exchange(request('POST', NOTHING, { head: [head] }) + '0;a=b\r\n\r\n' + request('GET', NOTHING) + last())
    expect([head, answers.map(({ status }) => status)]).toEqual([head, [404, 405, 200]])
  }
})

it('a body stays a body, also of a request that takes none, or is refused before it is read', async () => {
  const body = smuggled()
  const carriers = [
    request('GET', '/v1/webhooks', { body }),
    request('POST', NOTHING, { body }),
    request('POST', '/v1/events', { body, key: 'nobody' }),
    request('POST', '/v1/events', { body: '{"type":5' + body }),
    request('PUT', '/v1/nowhere', { body }),
  ]
  for (const [i, status] of [200, 404, 401, 400, 404].entries()) {
    expect([carriers[i], (await exchange(carriers[i] + last())).map((answer) => answer.status)]).toEqual([carriers[i], [status, 200]])
  }
  expect(await published()).toEqual([])
})

it('a request names one host', async () => {
  const [two, next] = await exchange(request('GET', '/v1/events', { head: ['Host: evil.example'] }) + last())
  expect([two, next?.status]).toEqual([{ status: 400, body: expect.stringContaining('one Host header') }, 200])
  const [none] = await exchange(request('GET', '/v1/events').replace('Host: herald\r\n', ''))
  expect(none?.status).toBe(400)
})

it('requests that come in one piece with different keys each get the answer of their own, in their order', async () => {
  const other = createApi(scene.herald.url, ADMIN_KEY, 'another')
  await scene.herald.api('POST', '/v1/tenants', { id: 'another' })
  const [mine, theirs] = [await newKey(scene.api, ['read', 'access'], { name: 'mine' }), await newKey(other, ['read', 'access'], { name: 'theirs' })]
  const asked = [
    // The first takes longest.
    { key: mine.key, path: '/v1/audit/verify', seen: [200, '"whole":true'] },
    { key: theirs.key, path: '/v1/api-keys', seen: [200, '"name":"theirs"'] },
    { key: mine.key, path: '/v1/api-keys', seen: [200, '"name":"mine"'] },
    { key: 'nobody', path: '/v1/api-keys', seen: [401, 'not known'] },
    { key: theirs.key, path: `/v1/api-keys/${mine.id}`, seen: [405, 'not allowed'] },
    { key: theirs.key, path: '/v1/tenants', seen: [403, 'needs a key with the scope'] },
  ] as const
  const all = Array.from({ length: 5 }, () => asked).flat()
  const sent = all.map(({ key, path }) => request('GET', path, { key }).replace(/^Herald-Tenant.*\r\n/m, ''))
  const answers = await exchange(sent.join('') + last())
  expect(answers).toEqual([...all.map(({ seen: [status, words] }) => ({ status, body: expect.stringContaining(words) })), expect.objectContaining({ status: 200 })])
  expect(answers.filter(({ body }, i) => all[i]?.key === theirs.key && body.includes('"mine"'))).toEqual([])
})
