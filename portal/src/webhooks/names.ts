import { useQuery } from '@tanstack/react-query'
import type { Webhook } from '../api/client'
import { webhooksQuery } from '../api/queries'

/** How people call it: by its name, else by where it leads. */
export const nameOf = ({ description, url }: Pick<Webhook, 'description' | 'url'>): string => description || shortUrl(url)

export const shortUrl = (url: string): string => url.replace(/^https?:\/\//, '')

/** Names by id, for lists that know ids alone. A deleted webhook keeps its id. */
export function useWebhookNames(): (id: string) => string {
  const { data } = useQuery(webhooksQuery)
  const byId = new Map(data?.data.map((webhook) => [webhook.id, nameOf(webhook)]))
  return (id) => byId.get(id) ?? id
}
