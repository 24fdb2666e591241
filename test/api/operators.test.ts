import { inTheLastMoment } from './last-moment'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

describe('tenants', () => {
  test('are made with settings, listed and changed', async () => {
    const made = await api.admin('POST', '/v1/tenants', { id: 'bank-1', name: 'First Bank', parkedFor: '7d' })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ id: 'bank-1', name: 'First Bank', parkedFor: '7d', expiryNotice: '3d' })
    expect((await api.admin('POST', '/v1/tenants', { id: 'bank-1' })).status).toBe(409)
    const changed = await api.admin('PATCH', '/v1/tenants/bank-1', { expiryNotice: '36h' })
    expect(changed.body).toMatchObject({ name: 'First Bank', parkedFor: '7d', expiryNotice: '36h' })
    expect((await api.admin('GET', '/v1/tenants/bank-1')).body).toEqual(changed.body)
    const { body } = await api.admin('GET', '/v1/tenants')
    expect(body.data.map((tenant: { id: string }) => tenant.id)).toEqual(['default', 'bank-1'])
    expect((await api.admin('GET', '/v1/tenants/none')).status).toBe(404)
  })

  test('have the default settings when none are given', async () => {
    const { body } = await api.admin('GET', '/v1/tenants/default')
    expect(body).toMatchObject({ parkedFor: '30d', expiryNotice: '3d', retention: '90d', legalHold: false })
    expect((await api.admin('POST', '/v1/tenants', { id: 'short', parkedFor: '1h' })).body.expiryNotice).toBe('1h')
  })

  test('keep their events for as long as their retention says, and under a legal hold until it is lifted', async () => {
    const made = await api.admin('POST', '/v1/tenants', { id: 'kept', retention: '2555d', legalHold: true })
    expect(made.body).toMatchObject({ retention: '2555d', legalHold: true, legalHoldSince: expect.any(String) })
    const changed = await api.admin('PATCH', '/v1/tenants/kept', { retention: '24h', legalHold: true })
    expect(changed.body).toMatchObject({ retention: '1d', legalHoldSince: made.body.legalHoldSince })
    const { body: lifted } = await api.admin('PATCH', '/v1/tenants/kept', { legalHold: false })
    expect([lifted.retention, lifted.legalHold, lifted.legalHoldSince]).toEqual(['1d', false, undefined])
    const { body: held } = await api.admin('PATCH', '/v1/tenants/kept', { legalHold: true })
    expect(Date.parse(held.legalHoldSince)).toBeGreaterThan(Date.parse(made.body.legalHoldSince))
    expect((await api.admin('GET', '/v1/tenants/kept')).body).toEqual(held)
    const { body: both } = await api.admin('PATCH', '/v1/tenants/kept', { legalHold: false, retention: '10d' })
    expect([both.retention, both.legalHold]).toEqual(['10d', false])
  })

  test('from before there was a retention have the usual one', async () => {
    await api.store.models.tenants.updateOne({ _id: 'kept' }, { $unset: { retentionMs: '' } })
    expect((await api.admin('GET', '/v1/tenants/kept')).body.retention).toBe('90d')
    expect((await api.admin('PATCH', '/v1/tenants/kept', { name: 'Old' })).body).toMatchObject({ name: 'Old', retention: '90d' })
  })

  describe('that two change in the same moment', () => {
    /** The second change is made just before the first is written. */
    async function bothAtOnce(id: string, first: object, second: object) {
      await api.admin('POST', '/v1/tenants', { id })
      const path = `/v1/tenants/${id}`
      const meanwhile = inTheLastMoment(api.store.models.tenants, () => api.admin('PATCH', path, second))
      const { status, body } = await api.admin('PATCH', path, first)
      meanwhile.mustHaveBeen()
      return { status, detail: body.detail, now: (await api.admin('GET', path)).body }
    }

    test('have both changes, and each line of the audit log has its own', async () => {
      const { status, now } = await bothAtOnce('both', { retention: '7d', suspended: true }, { name: 'B', legalHold: true })
      expect([status, now]).toEqual([200, expect.objectContaining({ retention: '7d', suspendedAt: expect.any(String), name: 'B', legalHold: true })])
      const { body } = await api.admin('GET', '/v1/audit?target=both')
      const fields = body.data.slice(0, 2).map(({ changes }: { changes: { field: string }[] }) => changes.map(({ field }) => field).toSorted())
      expect(fields).toEqual([['retention', 'suspendedAt'], ['legalHold', 'legalHoldSince', 'name']])
    })

    test('never have what does not fit together', async () => {
      const { status, now } = await bothAtOnce('fit', { parkedFor: '1d', expiryNotice: '12h' }, { expiryNotice: '20d' })
      expect([status, now]).toEqual([200, expect.objectContaining({ parkedFor: '1d', expiryNotice: '12h' })])
      const unfit = await bothAtOnce('unfit', { parkedFor: '4d' }, { expiryNotice: '20d' })
      expect(unfit).toMatchObject({ status: 400, now: { parkedFor: '30d', expiryNotice: '20d' } })
    })

    test('are not weakened without a second person where the other change asks for one', async () => {
      const { status, detail, now } = await bothAtOnce('weak', { ownershipCheck: false }, { fourEyes: true, ownershipCheck: true })
      expect([status, detail, now]).toEqual([409, expect.stringContaining('second person'), expect.objectContaining({ fourEyes: true, ownershipCheck: true })])
    })
  })

  test.each([
    [{ id: 'Bank' }, 'id'],
    [{ id: 'a/b' }, 'id'],
    [{ id: 'ok', parkedFor: '400d' }, 'parkedFor'],
    [{ id: 'ok', notifyEmails: ['people'] }, 'notifyEmails[0]'],
    [{ id: 'ok', parkedFor: '1d', expiryNotice: '2d' }, 'expiryNotice'],
    [{ id: 'ok', retention: '23h' }, 'retention'],
    [{ id: 'ok', retention: '3651d' }, 'retention'],
    [{ id: 'ok', legalHold: 'yes' }, 'legalHold'],
  ])('refuse %j', async (body, path) => {
    const answer = await api.admin('POST', '/v1/tenants', body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].path).toBe(path)
  })
})

describe('API keys', () => {
  test('are shown once and listed without the key', async () => {
    const { status, body } = await api.admin('POST', '/v1/api-keys', { name: 'core', scopes: ['publish', 'publish'] })
    expect(status).toBe(201)
    expect(body).toMatchObject({ name: 'core', tenantId: 'default', scopes: ['publish'] })
    expect(body.key).toMatch(/^hrld_[0-9a-z]{26}_[\w-]{43}$/)
    const list = await api.admin('GET', '/v1/api-keys')
    expect(list.text).toContain(body.id)
    expect(list.text).not.toContain(body.key)
    expect(JSON.stringify(await api.store.models.apiKeys.find().lean())).not.toContain(body.key.slice(-43))
  })

  test('are revoked for good, and revoking again is fine', async () => {
    const { body } = await api.admin('POST', '/v1/api-keys', { name: 'old', scopes: ['read'] })
    for (const _ of [1, 2]) expect((await api.admin('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204)
    const { body: list } = await api.admin('GET', '/v1/api-keys')
    expect(list.data.find((key: { id: string }) => key.id === body.id).revokedAt).toEqual(expect.any(String))
    expect((await api.admin('DELETE', '/v1/api-keys/key_none')).status).toBe(404)
  })

  test('give no more than who makes them has', async () => {
    const narrow = await api.withScopes(['access', 'read'])
    const make = (scopes: string[]) => narrow('POST', '/v1/api-keys', { name: 'n', scopes })
    expect((await make(['read', 'access'])).status).toBe(201)
    for (const scopes of [['admin'], ['read', 'publish']]) {
      const { status, body } = await make(scopes)
      expect([status, body.detail]).toEqual([403, `You cannot give what you do not have yourself: ${scopes.at(-1)}. You have: access, read.`])
    }
  })

  test('need a name and known scopes', async () => {
    const { body } = await api.admin('POST', '/v1/api-keys', { name: '', scopes: ['fly'] })
    expect(body.errors).toEqual([
      { path: 'name', message: 'must have at least 1 characters' },
      { path: 'scopes[0]', message: 'must be one of publish, read, data, manage, retry, erase, reveal, access, admin' },
    ])
  })
})

describe('event types', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['last4'],
    properties: { last4: { type: 'string', pattern: '^[0-9]{4}$' }, at: { format: 'date-time' }, kind: { enum: ['debit', 'credit'] } },
  }
  const blocked = { id: 100, name: 'CARD BLOCKED', description: 'A card was blocked.', schema }

  test('are registered, listed, and their schema holds for what is published', async () => {
    const { status, body } = await api.admin('POST', '/v1/event-types', blocked)
    expect(status).toBe(201)
    expect(body).toMatchObject({ ...blocked, builtIn: false })
    expect((await api.admin('GET', '/v1/event-types/100')).body).toEqual(body)
    expect((await api.admin('GET', '/v1/event-types')).body.data.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4, 5, 6, 50, 51, 52, 53, 54, 100])

    const publish = async (data: object, type: string | number = 'CARD BLOCKED') => (await api.admin('POST', '/v1/events', { type, data }))
    expect((await publish({ id: 'card-1', last4: '1234' })).body).toMatchObject({ type: 'CARD BLOCKED', typeId: 100 })
    expect((await publish({ id: 'card-1', last4: '1234' }, 100)).status).toBe(202)
    expect((await publish({ last4: '1234' })).body.errors[0].path).toBe('data.id')
    expect((await publish({ id: 'c', last4: 'x', at: 'noon', kind: 'loan' })).body.errors).toEqual([
      { path: 'data.last4', message: 'must match pattern "^[0-9]{4}$"' },
      { path: 'data.at', message: 'must match format "date-time"' },
      { path: 'data.kind', message: 'must be one of "debit", "credit"' },
    ])
    expect((await publish({ id: 'c' })).body.errors).toEqual([{ path: 'data.last4', message: 'is required' }])
    expect((await publish({}, 'CARD LOST')).body.detail).toContain('CARD BLOCKED (100)')
  })

  test('may be subscribed to', async () => {
    await api.admin('POST', '/v1/event-types', { id: 101, name: 'LOAN PAID' })
    const { body } = await api.admin('POST', '/v1/webhooks', { url: 'https://example.com', eventTypes: ['LOAN PAID', 1] })
    expect(body).toMatchObject({ eventTypes: ['CREATE ACCOUNT', 'LOAN PAID'], eventTypeIds: [1, 101] })
  })

  test('have an Event ID and a name of their own', async () => {
    await api.admin('POST', '/v1/event-types', { id: 110, name: 'TAKEN' })
    for (const taken of [{ id: 110, name: 'OTHER' }, { id: 111, name: 'TAKEN' }, { id: 112, name: 'CREATE ACCOUNT' }]) {
      expect((await api.admin('POST', '/v1/event-types', taken)).status).toBe(409)
    }
  })

  test.each([
    [{ id: 7 }, 'id', /from 100 to/],
    [{ name: 'card blocked' }, 'name', /upper case/],
    [{ schema: { type: 'objet' } }, 'schema', /type/],
    [{ schema: { propertis: {} } }, 'schema', /propertis/],
    [{ schema: { $ref: 'https://example.com/schema' } }, 'schema', /example\.com/],
    [{ schema: { $schema: 'http://json-schema.org/draft-07/schema#' } }, 'schema', /2020-12/],
  ])('refuse %j', async (change, path, message) => {
    const { status, body } = await api.admin('POST', '/v1/event-types', { ...blocked, id: 120, name: 'NEW ONE', ...change })
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path, message: expect.stringMatching(message) }])
  })
})
