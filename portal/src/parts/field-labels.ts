import type { FieldError } from '../api/client'

/** What the forms call what the API names otherwise, whole paths before their beginnings. */
const LABELS: Record<string, string> = {
  'retry.maximumAttempts': 'Attempts',
  'retry.initialInterval': 'First wait',
  'retry.backoffCoefficient': 'Then times',
  'retry.maximumInterval': 'Longest wait',
  'auth.username': 'User name',
  'auth.password': 'Password',
  'auth.token': 'Token',
  'auth.tokenUrl': 'Token endpoint',
  'auth.clientId': 'Client ID',
  'auth.clientSecret': 'Client secret',
  'auth.scope': 'Scope',
  'auth.audience': 'Audience',
  'clientCertificate.certificate': 'Certificate',
  'clientCertificate.privateKey': 'Private key',
  'filter.webhookId': 'Webhook',
  'filter.entityId': 'Entity ID',
  'filter.failureReason': 'Error',
  'filter.from': 'From',
  'filter.to': 'To',
  ratePerSecond: 'POSTs a second',
  type: 'Event type',
  url: 'URL',
  description: 'Name',
  eventTypes: 'Event types',
  filter: 'Filter',
  auth: 'Credentials',
  headers: 'Headers',
  clientCertificate: 'Client certificate',
  signatures: 'Signed',
  timeout: 'Time for an answer',
  rateLimit: 'Requests',
  maxInFlight: 'Requests at once',
  ordering: 'In order',
  onExhausted: 'When an event is out of attempts',
  id: 'ID',
  name: 'Name',
  parkedFor: 'Parked for',
  expiryNotice: 'Notice before it expires',
  retention: 'Events kept for',
  notifyEmails: 'E-mail to',
  entityId: 'ID of the entity',
  email: 'E-mail',
  password: 'Password',
  newPassword: 'New password',
  code: 'Code',
}

/** `retry.maximumAttempts must be at most 20` in the words of the form; what no form has stays as it is. */
export function fieldText({ path, message }: FieldError): string {
  const header = path.startsWith('headers.') ? path.slice('headers.'.length) : undefined
  if (header !== undefined) return `Header ${header} ${message}`
  const label = LABELS[path] ?? LABELS[path.split(/[.[]/)[0] ?? '']
  return `${label ?? path} ${message}`
}
