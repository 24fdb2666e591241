import type { Scope } from '../../src/domain/api-key'
import { createApi, ADMIN_KEY, type Api } from '../support/herald'
import { createBank } from '../support/bank'

export const TENANT_SCOPES: Scope[] = ['publish', 'read', 'data', 'manage', 'retry', 'erase', 'reveal', 'access']

/** A tenant with two of everything. */
export interface FullBank {
  tenantId: string
  /** With all scopes that a tenant has. */
  api: Api
  admin: Api
  /** By the path of their collection: `/v1/webhooks`. Deliveries are parked. */
  ids: Record<string, string[]>
}

export async function newKey(admin: Api, scopes: Scope[] = TENANT_SCOPES, more: object = {}): Promise<{ id: string; key: string }> {
  const { body } = await admin<{ id: string; key: string }>('POST', '/v1/api-keys', { name: 'of a test', scopes, ...more })
  return body
}

export async function openBank(url: string, tenantId: string, receiverUrl: string): Promise<FullBank> {
  await createApi(url)('POST', '/v1/tenants', { id: tenantId })
  const admin = createApi(url, ADMIN_KEY, tenantId)
  const { key } = await newKey(admin)
  const api = createApi(url, key)
  const bank = createBank(admin)
  const twice = async <T>(make: (n: number) => Promise<T>): Promise<T[]> => [await make(1), await make(2)]
  const made = (path: string, body: (n: number) => object, field = 'id') =>
    twice(async (n) => String((await admin('POST', path, body(n))).body[field]))

  const webhooks = await twice(() => bank.subscribe(receiverUrl, { retry: { maximumAttempts: 1 }, ...(tenantId === 'bank-a' && { description: 'canary' }) }))
  const events = await twice(() => bank.publish())
  const deliveries = (await Promise.all(events.flatMap((event) => webhooks.map((webhook) => bank.inStatus('parked', event, webhook))))).map(({ id }) => id)
  const holds = await twice(async (n) => {
    await admin('PUT', `/v1/legal-holds/${tenantId}-${n}`, { reason: 'a case' })
    return `${tenantId}-${n}`
  })
  const approvals = async (): Promise<string[]> => {
    await admin('PATCH', `/v1/tenants/${tenantId}`, { fourEyes: true })
    return twice(async () => (await admin<{ approval: { id: string } }>('PATCH', `/v1/webhooks/${webhooks[0]}`, { auth: null })).body.approval.id)
  }
  return {
    tenantId,
    api,
    admin,
    ids: {
      '/v1/webhooks': webhooks,
      '/v1/events': events,
      '/v1/deliveries': deliveries,
      '/v1/legal-holds': holds,
      '/v1/api-keys': await made('/v1/api-keys', () => ({ name: 'n', scopes: ['read'] })),
      '/v1/users': await made('/v1/users', (n) => ({ email: `user-${n}@${tenantId}.example`, role: 'viewer' })),
      '/v1/portal-links': await made('/v1/portal-links', () => ({ role: 'viewer' })),
      '/v1/erasures': await made('/v1/erasures', (n) => ({ entityId: `of-nobody-${n}` })),
      '/v1/approvals': await approvals(),
      '/v1/releases': await made('/v1/releases', () => ({ action: 'cancel', filter: { type: 'CREATE ACCOUNT' } })),
    },
  }
}

/** What the browser of a user sends who was invited, has chosen a password and has signed in. */
export async function signInTo({ admin, tenantId }: FullBank, grant: object): Promise<{ cookie: string; 'x-csrf-token': string }> {
  const [email, password] = [`person@${tenantId}.example`, 'plum lantern walks north']
  const { body } = await admin<{ link: string }>('POST', '/v1/users', { email, ...grant })
  await admin('POST', '/v1/setup', { token: body.link.split('#token=')[1], password })
  const session = await admin<{ csrfToken: string }>('POST', '/v1/session', { email, password })
  return { cookie: session.headers.getSetCookie().map((each) => each.split(';')[0]).join('; '), 'x-csrf-token': session.body.csrfToken }
}
