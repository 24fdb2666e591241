import { Webhook } from 'standardwebhooks'
import { startReceiver, type ReceivedRequest } from '../support/receiver'
import { openBrowser, PASSWORD, tokenOf, type Browser } from './browser'
import type { Client } from './client'
import { age, approve, ask, HOOK, openBank, operatorOf, OTHER, urlOf } from './four-eyes'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const accepts = (secret: string, { rawBody, headers }: ReceivedRequest): boolean => {
  try {
    new Webhook(secret).verify(rawBody, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

/** An administrator who was invited by whoever calls. */
async function invite(by: Client, email: string): Promise<Browser & { id: string }> {
  const { body } = await by('POST', '/v1/users', { email, role: 'administrator' })
  await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(body.link), password: PASSWORD })
  const browser = openBrowser(api)
  await browser.signIn(email, PASSWORD)
  return { ...browser, id: body.id }
}

test('a change of the URL waits for a second person, and is made as it was shown; both sides are in the audit log', async () => {
  const bank = await openBank(api)
  const { ann, bob, webhookId } = bank
  const approval = await ask(bank)
  expect(approval).toMatchObject({
    status: 'pending',
    operation: 'PATCH /v1/webhooks/{id}',
    targets: [webhookId],
    changes: [{ field: 'url', before: `"${HOOK.url}"`, after: `"${OTHER.url}"` }],
    requestedBy: { kind: 'user', id: ann.id, person: ann.id },
    mayApprove: false,
  })
  expect(await urlOf(bank)).toBe(HOOK.url)

  const own = await ann.call('POST', `/v1/approvals/${approval.id}/approve`)
  expect([own.status, own.body.detail]).toEqual([403, expect.stringContaining('a second person has to approve it')])
  expect((await bob.call('GET', '/v1/approvals?status=pending')).body.data).toMatchObject([{ id: approval.id, mayApprove: true }])
  const approved = await bob.call('POST', `/v1/approvals/${approval.id}/approve`)
  expect([approved.status, approved.body]).toEqual([200, expect.objectContaining({ status: 'approved', decidedBy: expect.objectContaining({ id: bob.id }) })])
  expect(await urlOf(bank)).toBe(OTHER.url)
  expect((await bob.call('POST', `/v1/approvals/${approval.id}/approve`)).status).toBe(409)

  const lines = (await bank.admin('GET', `/v1/audit?target=${approval.id}`)).body.data
  expect(lines.map(({ action, actor, status }: { action: string; actor: { id: string }; status: number }) => [action, actor.id, status])).toEqual([
    ['POST /v1/approvals/{id}/approve', bob.id, 409],
    ['POST /v1/approvals/{id}/approve', bob.id, 200],
    ['POST /v1/approvals/{id}/approve', ann.id, 403],
    ['PATCH /v1/webhooks/{id}', ann.id, 202],
  ])
  expect(lines[1]).toMatchObject({ target: [approval.id, webhookId], changes: [{ field: 'url', after: '"http://127.0.0.1:8100/other?token=…"' }] })
})

test('credentials wait and are never shown; what is no secret does not wait', async () => {
  const bank = await openBank(api)
  const receiver = await startReceiver()
  const { body: free } = await bank.ann.call('PATCH', `/v1/webhooks/${bank.webhookId}`, { description: 'Renamed', url: HOOK.url })
  expect(free).toMatchObject({ description: 'Renamed' })
  const approval = await ask(bank, { url: receiver.url, auth: { type: 'basic', username: 'u', password: 'four-eyes-canary' }, headers: { 'x-key': 'four-eyes-canary' } })
  expect(approval.changes).toContainEqual({ field: 'auth', after: '{"type":"basic"}', hidden: true })
  expect(approval.changes).toContainEqual({ field: 'headers', after: '["x-key"]', hidden: true })
  const all = [await bank.bob.call('GET', `/v1/approvals/${approval.id}`), await bank.admin('GET', '/v1/audit/export')].map(({ text }) => text)
  for (const text of [...all, JSON.stringify(await api.store.models.approvals.find().lean())]) expect(text).not.toContain('four-eyes-canary')
  expect((await bank.bob.call('POST', `/v1/approvals/${approval.id}/approve`)).status).toBe(200)
  await bank.admin('POST', `/v1/webhooks/${bank.webhookId}/test`, {})
  expect(receiver.requests[0]?.headers).toMatchObject({ 'x-key': 'four-eyes-canary', authorization: expect.stringMatching(/^Basic /) })
  expect(JSON.stringify(await api.store.models.approvals.findById(approval.id).lean())).not.toContain('sealed')
  await receiver.close()
})

test('a new webhook is there once it is approved, with the secret that was shown to who asked', async () => {
  const bank = await openBank(api)
  const receiver = await startReceiver()
  const { status, body } = await bank.ann.call('POST', '/v1/webhooks', { ...HOOK, url: receiver.url, description: 'New' })
  expect([status, body.secret]).toEqual([202, expect.stringMatching(/^whsec_/)])
  const [id] = body.approval.targets
  expect((await bank.admin('GET', `/v1/webhooks/${id}`)).status).toBe(404)
  const approved = await bank.bob.call('POST', `/v1/approvals/${body.approval.id}/approve`)
  expect(approved.text).not.toContain(body.secret)
  expect((await bank.admin('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ description: 'New', status: 'active' })

  const rotated = await bank.ann.call('POST', `/v1/webhooks/${id}/rotate-secret`, { overlap: '0s' })
  expect(rotated.status).toBe(202)
  expect(rotated.body.approval.changes).toEqual([{ field: 'signingSecret', before: '"the present one"', after: '"a new one"' }, { field: 'oldSecretSignsFor', after: '"0ms"' }])
  await bank.admin('POST', `/v1/webhooks/${id}/test`, {})
  await bank.bob.call('POST', `/v1/approvals/${rotated.body.approval.id}/approve`)
  await bank.admin('POST', `/v1/webhooks/${id}/test`, {})
  expect(receiver.requests.map((request) => [body.secret, rotated.body.secret].map((secret) => accepts(secret, request)))).toEqual([[true, false], [false, true]])
  await receiver.close()
})

test('nobody approves their own by way of a key or a link, whoever has made the keys of whom', async () => {
  const bank = await openBank(api)
  const { ann, bob, admin } = bank
  const keyBy = async (call: Client): Promise<{ id: string; call: Client }> => {
    const { body } = await call('POST', '/v1/api-keys', { name: 'k', scopes: ['read', 'manage', 'access'] })
    return { id: body.id, call: api.as(`Bearer ${body.key}`) }
  }
  const annsKey = await keyBy(ann.call)
  const keyOfAnnsKey = await keyBy(annsKey.call)
  const statusOf = async (by: Client, id: string): Promise<number> => (await approve(by, id))[0]

  const ofAnn = await ask(bank)
  expect([await statusOf(annsKey.call, ofAnn.id), await statusOf(keyOfAnnsKey.call, ofAnn.id)]).toEqual([403, 403])
  const { body } = await keyOfAnnsKey.call('PATCH', `/v1/webhooks/${bank.webhookId}`, { auth: null })
  expect(body.approval.requestedBy).toMatchObject({ kind: 'key', id: keyOfAnnsKey.id, person: ann.id })
  expect([await statusOf(ann.call, body.approval.id), await statusOf(annsKey.call, body.approval.id)]).toEqual([403, 403])

  const link = await ann.call('POST', '/v1/portal-links', { role: 'administrator' })
  const guest = openBrowser(api)
  await guest.call('POST', '/v1/portal-links/open', { token: link.body.url.split('token=')[1] })
  const ofGuest = await guest.call('PATCH', `/v1/webhooks/${bank.webhookId}`, { headers: { 'x-a': '1' } })
  expect(ofGuest.body.approval.requestedBy).toMatchObject({ kind: 'link', person: ann.id })
  expect([await statusOf(ann.call, ofGuest.body.approval.id), await statusOf(guest.call, ofAnn.id)]).toEqual([403, 403])

  // The admin key, and keys that were made with it, are one person together.
  const ofAdmin = await admin('PATCH', `/v1/webhooks/${bank.webhookId}`, { url: 'http://127.0.0.1:8101/' })
  const adminsKey = await keyBy(admin)
  expect([await statusOf(admin, ofAdmin.body.approval.id), await statusOf(adminsKey.call, ofAdmin.body.approval.id)]).toEqual([403, 403])
  const bobsKey = await keyBy(bob.call)
  expect(await approve(bobsKey.call, ofAnn.id)).toEqual([403, expect.stringContaining('A key approves nothing')])
  // Whoever holds the admin key may be Ann.
  expect(await approve(admin, ofAnn.id)).toEqual([403, expect.stringContaining('the admin key neither')])
  expect(await statusOf(bob.call, ofAdmin.body.approval.id)).toBe(200)
})

test('a key stands for who made the first of a chain of keys, however long', async () => {
  const bank = await openBank(api)
  let call: Client = bank.ann.call
  for (let i = 0; i < 60; i++) {
    const { body } = await call('POST', '/v1/api-keys', { name: 'k', scopes: ['read', 'manage', 'access'] })
    call = api.as(`Bearer ${body.key}`)
  }
  const { body } = await call('PATCH', `/v1/webhooks/${bank.webhookId}`, OTHER)
  expect(body.approval.requestedBy).toMatchObject({ kind: 'key', person: bank.ann.id })
  expect((await bank.ann.call('POST', `/v1/approvals/${body.approval.id}/approve`)).status).toBe(403)
})

test('whoever was just let in is no second person, however they were', async () => {
  const bank = await openBank(api)
  const puppet = await invite(bank.ann.call, `puppet@${bank.tenantId}.example`)
  const another = await invite(puppet.call, `another@${bank.tenantId}.example`)
  const approval = await ask(bank)
  for (const { call } of [puppet, another]) expect(await approve(call, approval.id)).toEqual([403, expect.stringContaining('You were let in less than 3 days')])
  await age(api, another.id)
  expect((await approve(another.call, approval.id))[0]).toBe(200)
})

test('nobody approves what somebody asks for whom they have just let in, by however many others in between', async () => {
  const bank = await openBank(api)
  const { ann, bob, webhookId } = bank
  const puppet = await invite(ann.call, `puppet@${bank.tenantId}.example`)
  const another = await invite(puppet.call, `another@${bank.tenantId}.example`)
  const { body: key } = await another.call('POST', '/v1/api-keys', { name: 'k', scopes: ['manage'] })
  const asked = async (by: Client): Promise<string> => (await by('PATCH', `/v1/webhooks/${webhookId}`, OTHER)).body.approval.id
  const [ofPuppet, ofAnother, ofKey] = [await asked(puppet.call), await asked(another.call), await asked(api.as(`Bearer ${key.key}`))]
  await ann.call('DELETE', `/v1/users/${puppet.id}`)
  const whoIsGone = await asked(another.call)

  for (const id of [ofPuppet, ofAnother, ofKey, whoIsGone]) expect(await approve(ann.call, id)).toEqual([403, expect.stringContaining('Who asks for this was let in')])
  expect((await approve(bob.call, whoIsGone))[0]).toBe(403)
  expect((await approve(bob.call, ofAnother))[0]).toBe(200)
  await age(api, another.id)
  expect((await approve(ann.call, (await ask({ ...bank, ann: another }, { auth: null })).id))[0]).toBe(200)
})

test('what the change itself would refuse is refused when it is asked for', async () => {
  const { ann, webhookId } = await openBank(api)
  expect((await ann.call('PATCH', `/v1/webhooks/${webhookId}`, { url: 'http://10.0.0.1/' })).status).toBe(400)
  expect((await ann.call('POST', '/v1/webhooks', { ...HOOK, eventTypes: [99] })).status).toBe(400)
  expect((await ann.call('POST', '/v1/webhooks/whk_none/rotate-secret', {})).status).toBe(404)
})

test('switching it off waits for a second person as well, who has to be allowed to; another tenant sees nothing of it', async () => {
  const bank = await openBank(api)
  const path = `/v1/tenants/${bank.tenantId}`
  const { status, body } = await bank.admin('PATCH', path, { fourEyes: false })
  expect([status, body.approval]).toEqual([202, expect.objectContaining({ targets: [bank.tenantId], changes: [{ field: 'fourEyes', before: 'true', after: 'false' }] })])
  const withAddress = await bank.admin('PATCH', path, { fourEyes: false, notifyEmails: ['carl@bank.example'] })
  expect(withAddress.body.approval.changes).toContainEqual({ field: 'notifyEmails', hidden: true })
  expect(withAddress.text).not.toContain('carl@')
  const approve = `/v1/approvals/${body.approval.id}/approve`
  expect((await bank.bob.call('POST', approve)).body.detail).toContain('"admin"')
  const other = await openBank(api)
  expect((await other.bob.call('POST', approve)).status).toBe(404)
  expect((await other.bob.call('GET', '/v1/approvals')).body.data).toEqual([])
  const carl = await operatorOf(api, bank.tenantId)
  expect((await carl('POST', approve)).status).toBe(200)
  expect((await bank.admin('PATCH', `/v1/webhooks/${bank.webhookId}`, OTHER)).status).toBe(200)
})
