import { StoreAway } from '../../src/store/errors'
import { startApi, type TestApi } from './start-api'

const away = async (): Promise<never> => {
  throw new StoreAway(new Error('a test'))
}
async function* awayAsOneReads(): AsyncGenerator<never> {
  yield away()
}
const broken = async (): Promise<never> => {
  throw new Error('the canary of a stack trace')
}

let api: TestApi
beforeAll(async () => {
  api = await startApi({
    publisher: { publish: away },
    eventQueries: { list: broken, get: away, walk: awayAsOneReads },
  })
})
afterAll(() => api.stop())

test('answers 503 with Retry-After while MongoDB is away', async () => {
  const publish = { type: 5, data: { id: 't' } }
  for (const answer of [
    await api.admin('POST', '/v1/events', publish),
    await api.admin('POST', '/v1/events/batch', { events: [publish] }),
    await api.admin('GET', '/v1/events/x'),
    await api.admin('POST', '/v1/webhooks/filter-test', { eventTypes: [5], filter: { path: 'id', eq: 't' } }),
  ]) {
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.body).toMatchObject({ title: expect.any(String), detail: expect.stringContaining('try again') })
  }
})

test('answers a mistake of its own with an id that is in the log, and nothing of the inside', async () => {
  const { status, text, body } = await api.admin('GET', '/v1/events')
  expect(status).toBe(500)
  expect(text).not.toMatch(/canary|at .*\.ts/)
  const line = api.logged.find((one) => one.includes(body.errorId))
  expect(line).toContain('the canary of a stack trace')
})

test.each([
  ['GET', '/nowhere', 404],
  ['GET', '/v1/nowhere', 404],
  ['GET', '/v1/deliveries/%zz', 400],
  ['PUT', '/v1/events', 405],
  ['DELETE', '/v1/events/x', 405],
  ['POST', '/healthz', 405],
])('answers %s %s with the problem %i', async (method, path, status) => {
  const answer = await api.admin(method, path)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toMatch('application/problem+json')
  expect(answer.body).toMatchObject({ type: expect.stringMatching(/^urn:herald:problem:/), status, title: expect.any(String), detail: expect.any(String) })
})

test('says which methods a path has', async () => {
  expect((await api.admin('PUT', '/v1/webhooks/x')).headers.get('allow')).toBe('GET, PATCH, DELETE, HEAD')
})
