import { randomBytes } from 'node:crypto'
import { createSealer } from '../../src/delivery/seal'
import { createApprovalStore } from '../../src/store/approvals'
import { createAuditStore } from '../../src/store/audit'
import { createReseal } from '../../src/store/reseal'
import { wrongKey } from '../../src/store/sentinel'
import type { StoreConnection } from '../../src/store/connect'
import { createUserStore } from '../../src/store/users'
import { createWebhookStore } from '../../src/store/webhooks'
import type { Approval } from '../../src/domain/approval'
import { DEFAULT_RETRY_POLICY } from '../../src/domain/retry-policy'
import { createLogger } from '../../src/logger'
import { connectTestStore } from '../support/mongo'
import { testVaults } from '../support/vaults'

const [before, now] = [randomBytes(32), randomBytes(32)]
const [old, ring, fresh] = [createSealer(before), createSealer(now, [before]), createSealer(now)]
const logger = createLogger('silent')

let store: StoreConnection
beforeEach(async () => (store = await connectTestStore()))
afterEach(() => store.close())

const signingSecrets = ['whsec_AAAA']
const webhook = (id: string) => ({
  id, tenantId: 'bank', url: 'https://example.com', eventTypes: [1], status: 'active' as const, retry: DEFAULT_RETRY_POLICY,
  timeoutMs: 1_000, createdAt: new Date(), updatedAt: new Date(),
})

const approval: Approval = {
  id: 'apr_1', tenantId: 'bank', status: 'pending', operation: 'PATCH /v1/webhooks/{id}', targets: ['whk_10'], about: 'A webhook', changes: [],
  requestedBy: { kind: 'user', id: 'usr_1', person: 'usr_1' }, requestedAt: new Date(), expiresAt: new Date(Date.now() + 60_000),
}

/** 25 webhooks, one of them lost, a user with an authenticator app, a change that waits, an audit log: sealed with the old key. */
async function furnish(): Promise<void> {
  const webhooks = createWebhookStore(store.models, old, logger)
  for (let n = 10; n < 35; n++) await webhooks.insert(webhook(`whk_${n}`), { signingSecrets })
  await store.models.webhooks.updateOne({ _id: 'whk_20' }, { sealed: `s1.${old.keyId}.${'A'.repeat(60)}` })
  await webhooks.insert(webhook('whk_99'), { signingSecrets })
  await webhooks.remove('bank', 'whk_99')
  const users = createUserStore(store.models, old)
  await users.insert({ id: 'usr_1', email: 'a@bank.example', name: 'A', grants: [], createdAt: new Date(), createdBy: 'admin' })
  await users.setPendingTotp('usr_1', 'JBSWY3DPEHPK3PXP')
  await users.enableTotp('usr_1', 'JBSWY3DPEHPK3PXP', [])
  await createApprovalStore(store.models, old).insert(approval, 'what was asked for')
  expect(await wrongKey(store.models, old)).toBeUndefined()
  await createAuditStore(store.models, old).append({ tenantId: 'bank', at: new Date(), actor: { kind: 'key', id: 'k' }, action: 'a', target: [], fields: [], status: 200, from: '' })
}

it('seals everything anew in pages, begun again from anywhere, until the old key is needed no more', async () => {
  await furnish()
  const reseal = createReseal(store.models, ring, testVaults(store.models))
  expect(await wrongKey(store.models, fresh)).toMatch(new RegExp(`sealed with key ${old.keyId}, but the configured key is ${fresh.keyId}`))

  // Stopped after its first page, begun again by two at once.
  expect(await reseal.page(undefined, 4)).toMatchObject({ resealed: 4, lost: [], next: 'webhooks/whk_13' })
  expect(await wrongKey(store.models, ring)).toBeUndefined()
  expect(await wrongKey(store.models, fresh)).toBeDefined()
  const runs = await Promise.all([1, 2].map(async () => {
    const lost: string[] = []
    for (let after: string | undefined = '', pages = 0; after !== undefined; pages++) {
      expect(pages).toBeLessThan(20)
      const page = await reseal.page(after, 4)
      lost.push(...page.lost)
      after = page.next
    }
    return lost
  }))

  expect(runs).toEqual([['whk_20'], ['whk_20']])
  expect(await reseal.byKey()).toEqual([{ keyId: fresh.keyId, count: 24 + 1 + 1 + 2 }, { keyId: old.keyId, count: 1 }])
  expect(await wrongKey(store.models, fresh)).toBeUndefined()
  const webhooks = createWebhookStore(store.models, fresh, logger)
  expect(await webhooks.open('bank', 'whk_34')).toMatchObject({ status: 'active', secrets: { signingSecrets } })
  expect(await createUserStore(store.models, fresh).account('usr_1')).toMatchObject({ totpSecret: 'JBSWY3DPEHPK3PXP' })
  expect(await createApprovalStore(store.models, fresh).take('bank', 'apr_1')).toBe('what was asked for')
  expect(await createAuditStore(store.models, fresh).verify('bank')).toMatchObject({ kind: 'whole', lines: 1 })
})

it('leaves alone what is edited at that moment', async () => {
  await furnish()
  const reseal = createReseal(store.models, { ...ring, open: (sealed, context) => (edit(), ring.open(sealed, context)) }, testVaults(store.models))
  let edited: Promise<unknown> | undefined
  const edit = (): void => void (edited ??= createWebhookStore(store.models, ring, logger).update('bank', 'whk_10', {}, { signingSecrets: ['whsec_BBBB'] }))
  await reseal.page(undefined, 1)
  await edited
  expect(await createWebhookStore(store.models, fresh, logger).open('bank', 'whk_10')).toMatchObject({ secrets: { signingSecrets: ['whsec_BBBB'] } })
})
