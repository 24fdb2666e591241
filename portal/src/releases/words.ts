import type { Release } from '../api/client'
import { failureText } from '../deliveries/failures'

const VERBS: Record<Release['action'], string> = { retry: 'Retry', resume: 'Resume', cancel: 'Cancel', replay: 'Replay' }

export const titleOf = ({ action, total }: Release): string => `${VERBS[action]} ${total.toLocaleString()} ${total === 1 ? 'delivery' : 'deliveries'}`

/** The filter as a sentence. */
export function filterText(filter: Partial<Release['filter']>, webhookName: (id: string) => string): string {
  const { deliveryIds, status, webhookId, type, entityId, from, to, failureReason, statusCode } = filter
  const day = (text: string): string => new Date(text).toLocaleString()
  const parts = [
    deliveryIds !== undefined && `${deliveryIds.length} that were chosen one by one`,
    status !== undefined && `that are ${status}`,
    webhookId !== undefined && `to ${webhookName(webhookId)}`,
    type !== undefined && `of ${type}`,
    entityId !== undefined && `about ${entityId}`,
    from !== undefined && `from ${day(from)}`,
    to !== undefined && `until ${day(to)}`,
    failureReason !== undefined && `that failed: ${failureText(failureReason)}`,
    statusCode !== undefined && `that were answered ${statusCode}`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'everything in this tenant' : parts.join(', ')
}
