import type { Client } from './client'
import { signedIn, type Browser } from './browser'
import type { TestApi } from './start-api'

export const HOOK = { url: 'http://127.0.0.1:8099/hook', eventTypes: [5] }
export const OTHER = { url: 'http://127.0.0.1:8100/other?token=t1' }
let count = 0

export interface TwoPeople {
  tenantId: string
  /** The admin key, for this tenant. */
  admin: Client
  ann: Browser & { id: string }
  bob: Browser & { id: string }
  webhookId: string
  secret: string
}

/** As if they had been let in four days ago. */
export const age = ({ store }: TestApi, userId: string) => store.models.users.updateOne({ _id: userId }, { createdAt: new Date(Date.now() - 4 * 86_400_000) })

/** A tenant with a webhook and two administrators, where changes wait for a second person. */
export async function openBank(api: TestApi): Promise<TwoPeople> {
  const tenantId = `bank-${++count}`
  await api.admin('POST', '/v1/tenants', { id: tenantId })
  const admin: Client = (method, path, body, headers = {}) => api.admin(method, path, body, { 'herald-tenant': tenantId, ...headers })
  const { body: made } = await admin('POST', '/v1/webhooks', HOOK)
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => signedIn(api, `${name}@${tenantId}.example`, { role: 'administrator', tenantId })))
  if (!ann || !bob) throw new Error('two were to sign in')
  await Promise.all([ann, bob].map(({ id }) => age(api, id)))
  expect((await admin('PATCH', `/v1/tenants/${tenantId}`, { fourEyes: true })).body).toMatchObject({ fourEyes: true })
  return { tenantId, admin, ann, bob, webhookId: made.id, secret: made.secret }
}

export async function ask({ ann, webhookId }: Pick<TwoPeople, 'ann' | 'webhookId'>, change: object = OTHER) {
  const { status, body } = await ann.call('PATCH', `/v1/webhooks/${webhookId}`, change)
  expect(status).toBe(202)
  return body.approval
}

/** The answer's status, and the words where there are any. */
export async function approve(by: Client, id: string): Promise<[number, string | undefined]> {
  const { status, body } = await by('POST', `/v1/approvals/${id}/approve`)
  return [status, body.detail]
}

export const urlOf = async ({ admin, webhookId }: TwoPeople): Promise<string> => (await admin('GET', `/v1/webhooks/${webhookId}`)).body.url

/** Who may approve what is the operator's in that tenant, too. */
export async function operatorOf(api: TestApi, tenantId: string): Promise<Client> {
  const { id, call } = await signedIn(api, `carl@${tenantId}.example`, { role: 'administrator', everyTenant: true })
  await age(api, id)
  return (method, path, body, headers = {}) => call(method, path, body, { 'herald-tenant': tenantId, ...headers })
}
