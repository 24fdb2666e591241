export const ROLES = [
  { value: 'viewer', label: 'Viewer: sees everything, with values of events masked' },
  { value: 'operator', label: 'Operator: also retries and cancels' },
  { value: 'administrator', label: 'Administrator: also changes webhooks, gives access' },
]
