import type { FailureReason } from '../api/client'

/** Why the newest attempt failed, as people say it. */
export const FAILURES: { value: FailureReason; label: string }[] = [
  { value: 'status', label: 'answered with an error' },
  { value: 'timeout', label: 'no answer in time' },
  { value: 'refused', label: 'connection refused' },
  { value: 'reset', label: 'connection broken off' },
  { value: 'dns', label: 'name not found' },
  { value: 'tls', label: 'TLS failed' },
  { value: 'protocol', label: 'no proper HTTP' },
  { value: 'blocked', label: 'address not allowed' },
  { value: 'network', label: 'network failed' },
  { value: 'unknown', label: 'answer unknown' },
]

export const failureText = (reason: FailureReason): string => FAILURES.find(({ value }) => value === reason)?.label ?? reason
