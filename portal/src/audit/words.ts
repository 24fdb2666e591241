import type { AuditLine } from '../api/client'

/** What people call an operation; what is not here is told as the API has it. */
export const ACTIONS: Record<string, string> = {
  'POST /v1/webhooks': 'Added a webhook',
  'PATCH /v1/webhooks/{id}': 'Changed a webhook',
  'DELETE /v1/webhooks/{id}': 'Deleted a webhook',
  'POST /v1/webhooks/{id}/pause': 'Paused a webhook',
  'POST /v1/webhooks/{id}/resume': 'Resumed a webhook',
  'POST /v1/webhooks/{id}/rotate-secret': 'Replaced a signing secret',
  'POST /v1/webhooks/{id}/rotate-key': 'Replaced a key pair',
  'POST /v1/webhooks/{id}/reveal-secret': 'Revealed a signing secret',
  'POST /v1/webhooks/{id}/disable': 'Disabled a webhook',
  'POST /v1/webhooks/{id}/verify': 'Sent a challenge',
  'POST /v1/webhooks/{id}/test': 'Sent a test event',
  'POST /v1/deliveries/{id}/retry': 'Retried a delivery',
  'POST /v1/deliveries/{id}/cancel': 'Cancelled a delivery',
  'POST /v1/events/{id}/cancel': 'Cancelled a scheduled event',
  'POST /v1/releases': 'Began a release',
  'POST /v1/releases/{id}/pause': 'Paused a release',
  'POST /v1/releases/{id}/resume': 'Resumed a release',
  'POST /v1/releases/{id}/cancel': 'Cancelled a release',
  'POST /v1/erasures': 'Erased what is known of an entity',
  'POST /v1/event-types': 'Registered an event type',
  'POST /v1/api-keys': 'Made an API key',
  'POST /v1/api-keys/{id}/rotate': 'Rotated an API key',
  'DELETE /v1/api-keys/{id}': 'Revoked an API key',
  'POST /v1/users': 'Invited a user',
  'PATCH /v1/users/{id}': 'Changed a user',
  'DELETE /v1/users/{id}': 'Removed a user',
  'POST /v1/users/{id}/password-link': 'Made a link for a new password',
  'DELETE /v1/users/{id}/sessions': 'Signed a user out',
  'POST /v1/portal-links': 'Made a portal link',
  'DELETE /v1/portal-links/{id}': 'Revoked a portal link',
  'POST /v1/portal-links/open': 'Opened a portal link',
  'POST /v1/session': 'Signed in',
  'POST /v1/session/oidc': 'Signed in by single sign-on',
  'DELETE /v1/session': 'Signed out',
  'DELETE /v1/sessions': 'Signed out everywhere',
  'POST /v1/setup': 'Chose a password',
  'POST /v1/account/password': 'Changed the password',
  'POST /v1/account/totp': 'Began an authenticator app',
  'POST /v1/account/totp/confirm': 'Added an authenticator app',
  'DELETE /v1/account/totp': 'Removed the authenticator app',
  'POST /v1/tenants': 'Made a tenant',
  'PATCH /v1/tenants/{id}': 'Changed a tenant',
  'POST /v1/approvals/{id}/approve': 'Approved a change',
  'POST /v1/approvals/{id}/reject': 'Rejected a change',
  'PUT /v1/legal-holds/{entityId}': 'Set a legal hold',
  'DELETE /v1/legal-holds/{entityId}': 'Lifted a legal hold',
  'POST /codec/decode': 'Opened sealed events in Temporal',
  'POST /v1/encryption-keys/rotate': 'Sealed secrets anew',
}

export const actionWords = (action: string): string => ACTIONS[action] ?? action

/** What became of it, as the HTTP status of the answer says. */
export function outcomeWords({ status, target }: Pick<AuditLine, 'status' | 'target'>): { text: string; color: string } {
  if (status === undefined) return { text: 'end not on record', color: 'orange' }
  if (status === 202 && target.some((id) => id.startsWith('apr_'))) return { text: 'asked for', color: 'blue' }
  if (status < 300) return { text: 'done', color: 'green' }
  return status < 500 ? { text: `refused (${status})`, color: 'orange' } : { text: `failed (${status})`, color: 'red' }
}
