import { StoreAway } from '../../src/store/errors'
import { startReceiver } from '../support/receiver'
import { approve, ask, HOOK, openBank, operatorOf, OTHER, urlOf } from './four-eyes'
import { inTheLastMoment } from './last-moment'
import { startApi, type TestApi } from './start-api'

let api: TestApi
/** What a changed webhook's answer is made of, after the change. */
let isHealthAway = false
const health = {
  find: async () => {
    if (isHealthAway) throw new StoreAway(new Error('of a test'))
    return new Map<string, never>()
  },
}
beforeAll(async () => (api = await startApi({ health })))
afterAll(() => api.stop())

test('what has changed meanwhile is not written over; what is late, rejected or decided waits no more', async () => {
  const bank = await openBank(api)
  const { ann, bob, webhookId } = bank
  const [first, second] = [await ask(bank), await ask(bank, { auth: { type: 'basic', username: 'u', password: 'p' } })]
  const twice = await Promise.all([bob.call('POST', `/v1/approvals/${first.id}/approve`), bob.call('POST', `/v1/approvals/${first.id}/approve`)])
  expect(twice.map(({ status }) => status).toSorted()).toEqual([200, 409])
  const refused = await bob.call('POST', `/v1/approvals/${second.id}/approve`)
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('has changed since')])
  expect((await ann.call('GET', `/v1/approvals/${second.id}`)).body).toMatchObject({ status: 'overtaken' })
  expect((await ann.call('GET', `/v1/webhooks/${webhookId}`)).body).not.toHaveProperty('auth')

  const third = await ask(bank, { url: HOOK.url })
  // What Herald itself does to a webhook is no such change.
  await bank.admin('POST', `/v1/webhooks/${webhookId}/pause`)
  await api.store.models.approvals.updateOne({ _id: third.id }, { expiresAt: new Date() })
  expect((await bob.call('GET', `/v1/approvals?status=expired&target=${webhookId}`)).body.data).toMatchObject([{ id: third.id, status: 'expired', mayApprove: false }])
  expect((await bob.call('POST', `/v1/approvals/${third.id}/approve`)).body.detail).toContain('expired')

  const fourth = await ask(bank, { url: HOOK.url })
  expect((await bob.call('POST', `/v1/approvals/${fourth.id}/reject`, { reason: 'Ask the customer first' })).body).toMatchObject({ status: 'rejected', reason: 'Ask the customer first' })
  expect((await bob.call('POST', `/v1/approvals/${fourth.id}/approve`)).status).toBe(409)
  const fifth = await ask(bank, { url: HOOK.url })
  expect((await ann.call('POST', `/v1/approvals/${fifth.id}/reject`, {})).body).toMatchObject({ status: 'rejected' })
  const sixth = await ask(bank, { url: HOOK.url })
  await bank.admin('DELETE', `/v1/webhooks/${webhookId}`)
  expect((await bob.call('POST', `/v1/approvals/${sixth.id}/approve`)).status).toBe(409)
  expect((await bob.call('GET', `/v1/approvals/${sixth.id}`)).body.status).toBe('overtaken')
})

test('of changes that are approved in the same moment, one is made', async () => {
  const bank = await openBank(api)
  const asked = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(bank, { url: `${HOOK.url}?n=${n}` })))
  const answers = await Promise.all(asked.map(({ id }) => approve(bank.bob.call, id)))
  expect(answers.map(([status]) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  expect(await urlOf(bank)).toBe(`${HOOK.url}?n=${answers.findIndex(([status]) => status === 200)}`)
})

test('what changes in the last moment before an approved change is written is not written over', async () => {
  const bank = await openBank(api)
  const { id } = await ask(bank)
  const url = 'http://127.0.0.1:8102/meanwhile'
  const { webhooks } = api.store.models
  const meanwhile = inTheLastMoment(webhooks, () => webhooks.updateOne({ _id: bank.webhookId }, { url }))
  const [status] = await approve(bank.bob.call, id)
  meanwhile.mustHaveBeen()
  expect([status, await urlOf(bank)]).toEqual([409, url])
})

describe('of the settings of a tenant', () => {
  /** Two changes that wait, and who may approve them. */
  async function twoOf(tenantId: string) {
    const path = `/v1/tenants/${tenantId}`
    const asked = async (change: object): Promise<string> => {
      const { status, body } = await api.admin('PATCH', path, change)
      expect(status).toBe(202)
      return body.approval.id
    }
    const [off, unchecked] = [await asked({ fourEyes: false }), await asked({ ownershipCheck: false, retention: '7d' })]
    return { path, off, unchecked, carl: await operatorOf(api, tenantId) }
  }

  test('two changes that are approved in the same moment do not both stand: neither was shown with the other', async () => {
    const { tenantId } = await openBank(api)
    const { path, off, unchecked, carl } = await twoOf(tenantId)
    const other: unknown[] = []
    const meanwhile = inTheLastMoment(api.store.models.tenants, async () => other.push(await approve(carl, unchecked)))
    const answer = await approve(carl, off)
    meanwhile.mustHaveBeen()
    expect([answer, other]).toEqual([[409, expect.stringContaining('is being changed in this moment')], [[200, undefined]]])
    expect((await api.admin('GET', path)).body).toMatchObject({ fourEyes: true, retention: '7d' })
    expect((await approve(carl, off))[1]).toContain('has changed since')
  })

  test('what changes without approval in the last moment before an approved change is not written over', async () => {
    const { tenantId } = await openBank(api)
    const { path, off, carl } = await twoOf(tenantId)
    const meanwhile = inTheLastMoment(api.store.models.tenants, () => api.admin('PATCH', path, { legalHold: true }))
    const [status] = await approve(carl, off)
    meanwhile.mustHaveBeen()
    expect([status, (await api.admin('GET', path)).body]).toEqual([409, expect.objectContaining({ fourEyes: true, legalHold: true })])
  })
})

test('a change that was being made when Herald was killed can be approved again, and is made once', async () => {
  const bank = await openBank(api)
  const approval = await ask(bank)
  await api.store.models.approvals.updateOne({ _id: approval.id }, { applyingSince: new Date() })
  expect((await bank.bob.call('POST', `/v1/approvals/${approval.id}/approve`)).body.detail).toContain('in this moment')
  await api.store.models.approvals.updateOne({ _id: approval.id }, { applyingSince: new Date(Date.now() - 120_000) })
  expect((await bank.bob.call('POST', `/v1/approvals/${approval.id}/approve`)).status).toBe(200)
  expect(await urlOf(bank)).toBe(OTHER.url)
})

/** One that is being made until `end` lets the endpoint answer the challenge. */
async function beingMade() {
  const bank = await openBank(api)
  await bank.admin('PATCH', `/v1/tenants/${bank.tenantId}`, { ownershipCheck: true })
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const receiver = await startReceiver({ answer: async () => ended.then(() => 200) })
  const { id } = await ask(bank, { url: receiver.url })
  const approved = bank.bob.call('POST', `/v1/approvals/${id}/approve`)
  await receiver.waitFor(1)
  const finish = async () => {
    end()
    const answer = await approved
    await receiver.close()
    return { ...answer, audited: (await bank.admin('GET', `/v1/audit?target=${id}`)).body.data.find(({ action, status }: { action: string; status: number }) => action.endsWith('/approve') && status === 200) }
  }
  return { ...bank, id, finish }
}

test('nobody rejects a change that is being made', async () => {
  const { ann, id, finish } = await beingMade()
  const rejected = await ann.call('POST', `/v1/approvals/${id}/reject`, {})
  const approved = await finish()
  expect([rejected.status, rejected.body.detail]).toEqual([409, expect.stringContaining('being made in this moment')])
  expect([approved.status, approved.body.status, approved.audited.changes]).toEqual([200, 'approved', expect.arrayContaining([expect.objectContaining({ field: 'url' })])])
})

test('what may have been made is not called undone when it is rejected, and is approved when it turns out to be made', async () => {
  const { ann, id, finish } = await beingMade()
  await api.store.models.approvals.updateOne({ _id: id }, { applyingSince: new Date(Date.now() - 120_000) })
  const rejected = await ann.call('POST', `/v1/approvals/${id}/reject`, { reason: 'Too late' })
  expect([rejected.status, rejected.body]).toEqual([200, expect.objectContaining({ status: 'rejected', mayBeMade: true })])
  const approved = await finish()
  expect([approved.status, approved.body.status, approved.audited.changes]).toEqual([200, 'approved', expect.arrayContaining([expect.objectContaining({ field: 'url' })])])
  const { body } = await ann.call('GET', `/v1/approvals/${id}`)
  expect([body.mayBeMade, body.reason]).toEqual([undefined, undefined])
})

test('where the store was away in the middle, what is overtaken says that it may have been made', async () => {
  const bank = await openBank(api)
  const { id } = await ask(bank)
  isHealthAway = true
  const [status] = await approve(bank.bob.call, id)
  isHealthAway = false
  expect(status).toBe(503)
  await api.store.models.approvals.updateOne({ _id: id, applyingSince: { $exists: true } }, { applyingSince: new Date(Date.now() - 120_000) })
  expect(await approve(bank.bob.call, id)).toEqual([409, expect.stringContaining('look whether it was')])
  expect((await bank.ann.call('GET', `/v1/approvals/${id}`)).body).toMatchObject({ status: 'overtaken', mayBeMade: true })
})
