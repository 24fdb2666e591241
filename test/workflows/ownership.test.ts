import { Webhook } from 'standardwebhooks'
import { useScene } from '../support/scene'
import type { AnswerSpec, ReceivedRequest } from '../support/receiver'
import { transaction } from '../support/bank'

const scene = useScene()

interface WebhookJson {
  id: string
  secret: string
  status: string
  verification?: { since: string; failure?: string }
}

const isChallenge = ({ rawBody }: ReceivedRequest): boolean => rawBody.includes('webhook.verification')
const challengeOf = ({ rawBody }: ReceivedRequest): string => (JSON.parse(rawBody) as { data: { challenge: string } }).data.challenge
/** As a receiver does that wants events. */
const echo = (request: ReceivedRequest): AnswerSpec => (isChallenge(request) ? { body: JSON.stringify({ challenge: challengeOf(request) }) } : { status: 200 })

async function make(url: string): Promise<WebhookJson> {
  const { status, body } = await scene.api<WebhookJson>('POST', '/v1/webhooks', { url, eventTypes: [5] })
  expect(status).toBe(201)
  return body
}
const look = async (id: string): Promise<WebhookJson> => (await scene.api<WebhookJson>('GET', `/v1/webhooks/${id}`)).body
const verify = async (id: string): Promise<WebhookJson> => (await scene.api<WebhookJson>('POST', `/v1/webhooks/${id}/verify`)).body

beforeEach(async () => {
  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { ownershipCheck: true })
})

it('holds what a webhook would get until its endpoint has repeated a signed challenge, then delivers all of it', async () => {
  const receiver = await scene.receiver(200)
  const made = await make(receiver.url)
  expect(made).toMatchObject({ status: 'paused', verification: { failure: 'It answered 200, but did not repeat the challenge' } })
  const events = [await scene.publish(transaction()), await scene.publish(transaction())]
  for (const event of events) await scene.inStatus('held', event)
  expect(receiver.requests.filter((request) => !isChallenge(request))).toEqual([])

  const resumed = await scene.api<{ detail: string }>('POST', `/v1/webhooks/${made.id}/resume`)
  expect([resumed.status, resumed.body.detail]).toEqual([409, expect.stringContaining('/verify')])
  expect((await scene.api('POST', `/v1/webhooks/${made.id}/test`, {})).status).toBe(409)

  receiver.answer = echo
  const verified = await verify(made.id)
  expect(verified).toMatchObject({ status: 'active' })
  expect(verified).not.toHaveProperty('verification')
  for (const event of events) await scene.inStatus('delivered', event)
  const [first, second] = receiver.requests.filter(isChallenge)
  if (!first || !second) throw new Error('two challenges were to arrive')
  expect(challengeOf(first)).not.toBe(challengeOf(second))
  new Webhook(made.secret).verify(second.rawBody, second.headers as Record<string, string>)
  expect(JSON.parse(second.rawBody)).toMatchObject({ type: 'webhook.verification', data: { id: made.id } })
})

it.each<[string, (request: ReceivedRequest) => AnswerSpec, string | undefined]>([
  ['the challenge as JSON', echo, undefined],
  ['the challenge as the whole text', (request) => ({ body: `${challengeOf(request)}\n` }), undefined],
  ['another challenge', () => ({ body: '{"challenge":"another one"}' }), 'did not repeat'],
  ['the request as it came', ({ rawBody }) => ({ body: rawBody }), 'did not repeat'],
  ['the challenge with a 500', (request) => ({ ...echo(request), status: 500 }), '500'],
  ['a redirect', () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }), '302'],
  ['nothing, by a reset', () => ({ reset: true }), ''],
])('takes %s for what it is', async (_, answer, failure) => {
  const receiver = await scene.receiver(answer)
  const { id, verification, status } = await make(receiver.url)
  expect([status, verification?.failure]).toEqual(failure === undefined ? ['active', undefined] : ['paused', expect.stringContaining(failure)])
  expect((await look(id)).status).toBe(status)
})

it('asks anew when the URL changes, and for nothing else; what waits goes to the new endpoint alone', async () => {
  const [before, after] = [await scene.receiver(echo), await scene.receiver(200)]
  const { id } = await make(before.url)
  await scene.api('PATCH', `/v1/webhooks/${id}`, { description: 'Renamed', url: before.url })
  expect((await look(id)).status).toBe('active')
  expect(before.requests).toHaveLength(1)

  const { body } = await scene.api<WebhookJson>('PATCH', `/v1/webhooks/${id}`, { url: after.url })
  expect(body).toMatchObject({ status: 'paused', verification: { failure: expect.any(String) } })
  const event = await scene.publish(transaction())
  await scene.inStatus('held', event)
  after.answer = echo
  await verify(id)
  await scene.inStatus('delivered', event)
  expect([before.requests, after.requests.filter(isChallenge)].map(({ length }) => length)).toEqual([1, 2])
})

it('leaves a webhook paused that a person had paused; and asks nothing of tenants that do not want it', async () => {
  const receiver = await scene.receiver(echo)
  const { id } = await make(receiver.url)
  await scene.api('POST', `/v1/webhooks/${id}/pause`)
  const { body } = await scene.api<WebhookJson>('PATCH', `/v1/webhooks/${id}`, { url: `${receiver.url}/other` })
  expect(body).toMatchObject({ status: 'paused' })
  expect(body).not.toHaveProperty('verification')
  expect((await scene.api('POST', `/v1/webhooks/${id}/resume`)).status).toBe(200)

  const silent = await scene.receiver(200)
  const pending = await make(silent.url)
  expect((await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { ownershipCheck: false })).status).toBe(200)
  const resumed = await scene.api<WebhookJson>('POST', `/v1/webhooks/${pending.id}/resume`)
  expect([resumed.status, resumed.body.status, resumed.body.verification]).toEqual([200, 'active', undefined])
  expect((await make(silent.url)).status).toBe('active')
})
