import { validate } from '@readme/openapi-parser'
import { version } from '../../package.json'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const ROUTES = `
delete /v1/account/views/{id}
delete /v1/api-keys/{id}
delete /v1/legal-holds/{entityId}
delete /v1/portal-links/{id}
delete /v1/session
delete /v1/sessions
delete /v1/users/{id}
delete /v1/users/{id}/sessions
delete /v1/webhooks/{id}
get /healthz
get /metrics
get /readyz
get /v1/account/views
get /v1/api-keys
get /v1/approvals
get /v1/approvals/{id}
get /v1/audit
get /v1/audit/export
get /v1/audit/verify
get /v1/deliveries
get /v1/deliveries/count
get /v1/deliveries/live
get /v1/deliveries/{id}
get /v1/encryption-keys
get /v1/erasures
get /v1/erasures/{id}
get /v1/event-types
get /v1/event-types/{id}
get /v1/events
get /v1/events/export
get /v1/events/{id}
get /v1/legal-holds
get /v1/legal-holds/{entityId}
get /v1/releases
get /v1/releases/{id}
get /v1/session
get /v1/settings
get /v1/sign-in
get /v1/stats
get /v1/stats/webhooks
get /v1/tenants
get /v1/tenants/{id}
get /v1/users
get /v1/users/{id}
get /v1/webhooks
get /v1/webhooks/{id}
get /v1/webhooks/{id}/jwks
patch /v1/tenants/{id}
patch /v1/users/{id}
patch /v1/webhooks/{id}
post /codec/decode
post /codec/encode
post /v1/account/password
post /v1/account/totp
post /v1/account/totp/confirm
post /v1/account/totp/disable
post /v1/account/views
post /v1/api-keys
post /v1/api-keys/{id}/rotate
post /v1/approvals/{id}/approve
post /v1/approvals/{id}/reject
post /v1/deliveries/{id}/cancel
post /v1/deliveries/{id}/retry
post /v1/encryption-keys/rotate
post /v1/erasures
post /v1/event-types
post /v1/events
post /v1/events/batch
post /v1/events/{id}/cancel
post /v1/portal-links
post /v1/portal-links/open
post /v1/releases
post /v1/releases/{id}/cancel
post /v1/releases/{id}/pause
post /v1/releases/{id}/resume
post /v1/session
post /v1/session/oidc
post /v1/setup
post /v1/setup/link
post /v1/sign-in/oidc
post /v1/tenants
post /v1/users
post /v1/users/{id}/password-link
post /v1/webhooks
post /v1/webhooks/check-url
post /v1/webhooks/filter-test
post /v1/webhooks/{id}/disable
post /v1/webhooks/{id}/pause
post /v1/webhooks/{id}/resume
post /v1/webhooks/{id}/reveal-secret
post /v1/webhooks/{id}/rotate-key
post /v1/webhooks/{id}/rotate-secret
post /v1/webhooks/{id}/test
post /v1/webhooks/{id}/verify
put /v1/legal-holds/{entityId}`

test('the OpenAPI document is valid and lists every route', async () => {
  const { status, body } = await api.as(undefined)('GET', '/openapi.json')
  expect(status).toBe(200)
  const listed = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect(listed.toSorted()).toEqual(ROUTES.trim().split('\n'))
  expect(body.openapi).toBe('3.1.0')
  const result = await validate(structuredClone(body))
  expect(result).toMatchObject({ valid: true })
})

test('the OpenAPI document tells durations and scopes as callers see them', async () => {
  const { body } = await api.as(undefined)('GET', '/openapi.json')
  const { timeout } = body.components.schemas.CreateWebhook.properties
  expect(timeout).toMatchObject({ type: 'string', description: expect.stringContaining('500ms to 30s') })
  expect(body.paths['/v1/events'].post.security).toEqual([{ apiKey: ['publish'] }, { session: ['publish'] }])
  expect(body.paths['/healthz'].get.security).toEqual([])
})

test('the documentation page is served from here, with nothing inline and nothing from elsewhere', async () => {
  const open = api.as(undefined)
  const page = await open('GET', '/docs')
  expect(page.headers.get('content-type')).toMatch('text/html')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toContain('upgrade-insecure-requests')
  const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part ?? '')
  expect(parts).toHaveLength(4)
  for (const part of parts) expect((await open('GET', part)).status).toBe(200)
  expect(page.text).not.toMatch(/<script>|style=/)
})

test('health and readiness need no key', async () => {
  const open = api.as(undefined)
  expect((await open('GET', '/healthz')).body).toEqual({ status: 'alive' })
  const ready = await open('GET', '/readyz')
  expect(ready.status).toBe(503)
  expect(ready.body).toEqual({ status: 'not ready', mongodb: true, temporal: false })
})

test('answers are not stored on the way and do not say what serves them', async () => {
  const { headers } = await api.admin('GET', '/v1/webhooks')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null])
})

test('nothing that is open to all tells which version of Herald it is', async () => {
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/v1/sign-in', '/nowhere']) {
    const { text, headers } = await api.as(undefined)('GET', path)
    expect([path, `${text}${JSON.stringify([...headers])}`.includes(version)]).toEqual([path, false])
  }
})

test('browsers are told to come back by TLS where they came by it, and only there', async () => {
  const hsts = async (headers: Record<string, string>) => (await api.as(undefined)('GET', '/healthz', undefined, headers)).headers.get('strict-transport-security')
  expect(await hsts({})).toBeNull()
  expect(await hsts({ 'x-forwarded-proto': 'https' })).toBe('max-age=31536000; includeSubDomains')
})

test('no other site may read an answer', async () => {
  const origin = 'https://elsewhere.example'
  const ui = 'http://127.0.0.1:8233'
  for (const [path, methods] of Object.entries<object>((await api.as(undefined)('GET', '/openapi.json')).body.paths)) {
    const asked = await fetch(api.url + path.replaceAll(/\{\w+\}/g, 'x'), { method: 'OPTIONS', headers: { origin, 'access-control-request-method': Object.keys(methods)[0]?.toUpperCase() ?? '' } })
    // The codec is for Temporal's UI, whoever asks.
    expect([path, asked.headers.get('access-control-allow-origin')]).toEqual([path, path.startsWith('/codec/') ? ui : null])
  }
  expect((await api.admin('GET', '/v1/events', undefined, { origin })).headers.get('access-control-allow-origin')).toBeNull()
})
