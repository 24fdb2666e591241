import * as fc from 'fast-check'
import { startApi, type TestApi } from '../api/start-api'
import { ambiguousKey, isTooDeep, MAX_JSON_DEPTH, members } from '../../src/domain/raw-json'
import { tell } from './tally'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
const webhook = (more: string): string => `{"url":"https://example.com","eventTypes":[1]${more}}`

it('a body that nests too deep is refused, in whatever it stands', async () => {
  const deep = [nested(100_000), `{"a":${nested(MAX_JSON_DEPTH)}}`, '{"a":'.repeat(40_000), '['.repeat(200_000)]
  for (const text of deep) {
    for (const [path, body] of [['/v1/webhooks', text], ['/v1/webhooks', webhook(`,"filter":${text}`)], ['/v1/events', `{"type":5,"data":{"id":"t","x":${text}}}`], ['/v1/events/batch', `{"events":[${text}]}`]] as const) {
      const { status, body: problem } = await api.admin('POST', path, body)
      expect([path, status, problem.detail]).toEqual([path, 400, expect.stringContaining(`deeper than ${MAX_JSON_DEPTH} levels`)])
    }
  }
  expect((await api.admin('POST', '/v1/events', `{"type":5,"data":{"id":"t","x":${nested(MAX_JSON_DEPTH - 2)}}}`)).status).toBe(202)
  tell({ kind: 'input: nested too deep', tried: deep.length * 4, refused: deep.length * 4 })
})

it('a key that stands twice, or that JavaScript shares, is refused at any depth', async () => {
  const wrong = [',"url":"https://other.example"', ',"\\u0075rl":"https://other.example"', ',"__proto__":{"admin":true}', ',"retry":{"maximumAttempts":1,"maximumAttempts":2}', ',"headers":{"a":"1","a":"2"}', ',"retry":{"__proto__":{}}', ',"constructor":{"prototype":{"x":1}}', ',"filter":{"and":[{"path":"a","eq":1,"eq":2}]}', ',"headers":{"\\u005f_proto__":"x"}']
  for (const each of wrong) {
    const { status, body } = await api.admin('POST', '/v1/webhooks', webhook(each))
    expect([each, status, body.errors?.[0]?.message]).toEqual([each, 400, expect.stringMatching(/stands twice|not allowed as the name/)])
  }
  expect(({} as { admin?: unknown }).admin).toBeUndefined()
  tell({ kind: 'input: keys that stand twice or are shared', tried: wrong.length, refused: wrong.length })
})

it('data keeps every byte, also of names that mean something to JavaScript', async () => {
  const data = '{ "id":"t-proto",  "__proto__": {"a": 1.10}, "n": 12345678901234567890, "constructor":"\\u0041" }'
  expect((await api.admin('POST', '/v1/events', `{"type":5,"id":"verbatim","data":${data}}`)).status).toBe(202)
  expect((await api.admin('GET', '/v1/events/verbatim')).text).toContain(`"data":${data}`)
})

/** Any JSON, with spaces of any kind between its parts. */
const json = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }).chain((value) => fc.constantFrom(0, 1, 3, '\t').map((space) => ({ value, text: JSON.stringify(value, null, space) })))

it('finds in any JSON what the parser finds', () => {
  fc.assert(
    fc.property(json, ({ value, text }) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (isObject) expect(members(text).map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end))])).toEqual(Object.entries(JSON.parse(text) as object))
      expect(isTooDeep(text)).toBe(false)
      const has = /"(__proto__|constructor|prototype)"\s*:/.test(text)
      if (!has) expect(ambiguousKey(text)).toBeUndefined()
    }),
    { numRuns: 2_000, seed: 20_261_124 },
  )
})

it('finds in any text whether it is too deep, without a mistake', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('"', '\\', '{', '[', ']', '}', ':', ',', 'a', ' '), maxLength: 300 }), (text) => typeof isTooDeep(text) === 'boolean'), { numRuns: 5_000, seed: 20_261_124 })
  tell({ kind: 'input: generated texts through the parsers', tried: 7_000, refused: 7_000 })
})

it('no body of any form is a mistake of the server', async () => {
  const paths = ['/v1/events', '/v1/events/batch', '/v1/webhooks', '/v1/releases', '/v1/session', '/v1/event-types', '/v1/tenants']
  const texts = fc.sample(fc.oneof(json.map(({ text }) => text), fc.string({ unit: 'binary' }), fc.uint8Array().map((bytes) => Buffer.from(bytes))), { numRuns: 700, seed: 20_261_124 })
  for (const [i, text] of texts.entries()) {
    const path = paths[i % paths.length] ?? ''
    const { status } = await api.admin('POST', path, text)
    expect([path, text, status >= 400 && status < 500]).toEqual([path, text, true])
  }
  tell({ kind: 'input: generated bodies', tried: texts.length, refused: texts.length })
})

it('what is no JSON in UTF-8, or says that it is something else, is not read', async () => {
  const body = Buffer.from(JSON.stringify({ type: 5, data: { id: 't-1' } }))
  const types = ['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/json; charset=utf-16', 'application/json; charset=latin1', 'application/json; charset=utf-7', 'application/json, text/plain', 'application/jsonp', 'application/json;charset=utf-8;charset=utf-16']
  for (const type of types) expect([type, (await api.admin('POST', '/v1/events', body, { 'content-type': type })).status]).toEqual([type, 415])
  const bytes = [Buffer.from(body.toString(), 'utf16le'), Buffer.from([...body.subarray(0, -3), 0xff, 0x22, 0x7d, 0x7d]), Buffer.from('{"type":5,"data":{"id":"\xed\xa0\x80"}}', 'latin1'), Buffer.from('{"type":5,"data":{"id":"\xc0\xae"}}', 'latin1')]
  for (const each of bytes) expect([each, (await api.admin('POST', '/v1/events', each)).status]).toEqual([each, 400])
  for (const encoding of ['gzip', 'br', 'deflate']) expect([encoding, (await api.admin('POST', '/v1/events', body, { 'content-encoding': encoding })).status]).toEqual([encoding, 415])
  const tried = types.length + bytes.length + 3
  tell({ kind: 'input: content types, charsets and encodings', tried, refused: tried })
})

it('absurd pages and cursors, and control characters wherever text goes, are refused or found nowhere', async () => {
  const odd = ['\0', 'a\0b', '\r\nx-a: b', '\u001b[2J', '\u2028', '\u202e', '\ud800', '../../etc/passwd', '%00', '%0d%0ax-a:%20b', '9'.repeat(5_000)]
  const lists = ['/v1/events', '/v1/deliveries', '/v1/webhooks', '/v1/releases', '/v1/audit', '/v1/approvals', '/v1/users']
  let tried = 0
  const ask = async (path: string, statuses: number[]): Promise<void> => {
    const { status, headers } = await api.admin('GET', path)
    expect([path, statuses.includes(status), status, headers.get('x-a')]).toEqual([path, true, status, null])
    tried++
  }
  for (const list of lists) {
    for (const limit of ['0', '-1', '1e9', '201', '1.5', 'NaN', 'Infinity', '0x10', '', ' 5', '5&limit=5', '99999999999999999999']) await ask(`${list}?limit=${limit}`, [400])
    for (const text of odd) {
      const coded = encodeURIComponent(text.replaceAll('\ud800', '%ED%A0%80'))
      await ask(`${list}?cursor=${coded}`, [200, 400])
      await ask(`${list}/${coded}`, [400, 404])
    }
  }
  for (const text of odd) expect([text, (await api.admin('POST', '/v1/api-keys', { name: 'n', scopes: ['read'], [text]: 1 })).status]).toEqual([text, 400])
  tell({ kind: 'input: absurd pages, cursors and control characters', tried, refused: tried })
})
