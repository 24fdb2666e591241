import { groupBy } from '../domain/group-by'
import type { Tenant } from '../domain/tenant'
import type { Webhook } from '../domain/webhook'
import type { DigestEntry } from '../store/digests'

export interface Digest {
  tenant: Pick<Tenant, 'id' | 'name'>
  entries: DigestEntry[]
  webhooks: Pick<Webhook, 'id' | 'url' | 'description'>[]
  /** Where people reach the API; its paths are named alone when it is not known. */
  publicUrl: string | undefined
}

/** Webhooks, releases and changes that a mail tells of one by one. */
const SHOWN = 50

/** The ids of those: first whatever has changed, then those with the most parked. */
export function shownOf(entries: DigestEntry[]): string[] {
  const changed = entries.filter(({ type }) => type !== 'delivery.parked')
  return [...new Set([...changed, ...entries].map(({ aboutId }) => aboutId))].slice(0, SHOWN)
}

/** Characters of a text that somebody else has chosen. */
const TEXT_SHOWN = 80

export function digestSubject({ tenant, entries }: Digest): string {
  const parts = [...groupBy(entries, ({ type }) => type)].map(([type, group]) => headline(type, group))
  return `Herald, ${oneLine(tenant.name)}: ${parts.join(', ')}`
}

export function digestText(digest: Digest): string {
  const { tenant, entries, webhooks, publicUrl = '' } = digest
  const about = groupBy(entries, ({ aboutId }) => aboutId)
  const known = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  const shown = shownOf(entries).map((id) => {
    const lines = about.get(id)?.map((entry) => `  - ${sentence(entry)}\n    ${advice(entry, publicUrl)}`) ?? []
    return `${nameOf(id, known.get(id))}\n${lines.join('\n')}\n`
  })
  const left = about.size - shown.length
  const more = left > 0 ? [`And ${amount(left, 'more webhook, release or change', 'more webhooks, releases or changes')}.\n`] : []
  return [
    `What Herald reports of ${oneLine(tenant.name)} (tenant ${tenant.id}):\n`,
    ...shown,
    ...more,
    'Nothing that was accepted is lost: what is parked or held is kept. Times are UTC.',
  ].join('\n')
}

const countOf = (group: DigestEntry[]): number => group.reduce((sum, { count }) => sum + count, 0)

function headline(type: string, group: DigestEntry[]): string {
  if (type === 'delivery.parked') return `${amount(countOf(group), 'delivery', 'deliveries')} parked`
  const about = new Set(group.map(({ aboutId }) => aboutId)).size
  const [what = '', happened = ''] = type.split('.')
  return `${amount(about, what, `${what}s`)} ${happened}`
}

function sentence({ type, reason, count, since, until }: DigestEntry): string {
  const what = type === 'delivery.parked' ? `${amount(count, 'delivery', 'deliveries')} parked` : happening(type, count)
  return `${what}: ${oneLine(reason)}, ${period(since, until)}.`
}

const happening = (type: string, count: number): string => `${type.split('.')[1] ?? type}${count > 1 ? ` ${count} times` : ''}`

/** What to do about it. */
function advice({ type, aboutId }: DigestEntry, publicUrl: string): string {
  switch (type) {
    case 'delivery.parked':
      return `When its receiver works again, retry them: ${publicUrl}/v1/deliveries?status=parked&webhookId=${aboutId}`
    case 'approval.requested':
      return `It waits for a second person. Look at it, and approve or reject it: ${publicUrl}/portal/operations/approvals, or ${publicUrl}/v1/approvals/${aboutId}`
    case 'webhook.disabled':
      return `It gets nothing any more. If it shall: POST ${publicUrl}/v1/webhooks/${aboutId}/resume`
    case 'webhook.suspended':
      return `What it would get is held. To release it at once: POST ${publicUrl}/v1/webhooks/${aboutId}/resume`
    case 'webhook.resumed':
      return 'What was held for it is being delivered, oldest first. Nothing is to be done.'
    default:
      return `See ${publicUrl}/v1/releases/${aboutId}`
  }
}

/** Of the URL its host alone: paths and queries may have tokens. */
function nameOf(id: string, webhook: Digest['webhooks'][number] | undefined): string {
  if (!webhook) return id
  const description = webhook.description ? `, ${oneLine(webhook.description)}` : ''
  return `${id}${description}, at ${new URL(webhook.url).host}`
}

function period(since: Date, until: Date): string {
  const [from, to] = [clock(since), clock(until)]
  return from === to ? from : `${from} to ${to}`
}

const clock = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ')

const amount = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** A name or a description must not pass for lines of ours. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return line.length > TEXT_SHOWN ? `${line.slice(0, TEXT_SHOWN)}...` : line
}
