import type { Webhook } from '../api/client'
import { StatusBadge, Tinted } from '../parts/StatusBadge'

/** Its status, in the word that says what has to be done. */
export const WebhookStatus = ({ webhook: { status, verification } }: { webhook: Pick<Webhook, 'status' | 'verification'> }) =>
  verification ? <Tinted text="pending verification" color="orange" /> : <StatusBadge status={status} />
