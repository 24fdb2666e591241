import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { temporal } from '@temporalio/proto'
import { ECHO_PATH } from '../actors/event'
import { openBank, type Bank, type Subscription } from '../bank'
import { breaches } from '../check/promise'
import { readRecords, settled, type Records } from '../check/records'
import { SHORT_WAITS, type Plan } from '../plan'
import type { Result } from '../result'
import type { Stage } from '../stage'
import { eventsOf } from './events-of'

const USER = 'bank-user'

/** Texts that must not be found where they do not belong. */
interface Canaries {
  data: string
  password: string
  header: string
  query: string
}

/**
 * Delivers events, half of the deliveries at the second POST after a receiver that echoed all that it
 * was sent, and looks for what was planted in every workflow history and in Herald's log.
 */
export async function histories(stage: Stage, plan: Plan['histories']): Promise<Result> {
  const bank = await openBank(stage, 'histories')
  try {
    return await measure(stage, bank, plan)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, plan: Plan['histories']): Promise<Result> {
  const canaries = plant()
  const webhooks = await subscribeBoth(bank, canaries)
  await bank.publish('histories', plan, { note: canaries.data })
  await bank.publish('single', { events: plan.single, pace: { perSecond: 10 } }, { note: canaries.data })
  const events = new Map([
    ...eventsOf('histories', plan.events, canaries.data),
    ...eventsOf('single', plan.single, canaries.data),
  ])
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'delivered', events.size * webhooks.length)
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, [bank.tenantId])
  const forbidden = forbiddenTexts(canaries, webhooks)
  const { read, found } = await searchHistories(stage, records, forbidden)
  const log = await readFile(bank.herald.logFile)
  const inLog = [...forbidden].filter(([, text]) => log.includes(text)).map(([what]) => `Herald's log has ${what}`)
  const { maximumAttempts } = SHORT_WAITS
  return {
    run: 'histories',
    title: `${events.size} events to 2 webhooks, one of them through a retry: texts planted, and found in histories`,
    events: events.size,
    figures: { histories: read, canaries: forbidden.size, hits: found.length + inLog.length },
    cpuMsPerEvent: {},
    violations: [...breaches([{ events, webhooks, statuses: ['delivered'], maximumAttempts }], records, posts), ...found, ...inLog],
  }
}

function plant(): Canaries {
  const canary = (kind: string): string => `canary-${kind}-${randomBytes(8).toString('hex')}`
  return { data: canary('data'), password: canary('password'), header: canary('header'), query: canary('query') }
}

const subscribeBoth = (bank: Bank, { password, header, query }: Canaries): Promise<Subscription[]> =>
  Promise.all(
    ['/hook', ECHO_PATH].map((path) =>
      bank.subscribe(
        { path, query: `?token=${query}` },
        { retry: SHORT_WAITS, auth: { type: 'basic', username: USER, password }, headers: { 'x-api-token': header } },
      ),
    ),
  )

function forbiddenTexts({ data, password, header, query }: Canaries, webhooks: Subscription[]): Map<string, string> {
  return new Map([
    ['the data of an event', data],
    ['a password', password],
    ['a password as it is sent', Buffer.from(`${USER}:${password}`).toString('base64')],
    ['the value of a header', header],
    ['a token of a URL', query],
    ...webhooks.map(({ id, secret }) => [`the signing secret of ${id}`, secret.replace('whsec_', '')] as const),
  ])
}

async function searchHistories(
  { stack }: Stage,
  { deliveries }: Records,
  forbidden: Map<string, string>,
): Promise<{ read: number; found: string[] }> {
  const connection = await Connection.connect({ address: stack.temporalAddress })
  const { workflow } = new Client({ connection })
  const eventOf = new Map(deliveries.map(({ workflowId, eventId }) => [workflowId, eventId]))
  const found: string[] = []
  for (const [workflowId, eventId] of eventOf) {
    const history = await workflow.getHandle(workflowId).fetchHistory()
    const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish())
    // What must be there is found: the search works.
    if (!bytes.includes(eventId)) found.push(`the history of ${workflowId} does not name its event ${eventId}`)
    for (const [what, text] of forbidden) if (bytes.includes(text)) found.push(`the history of ${workflowId} has ${what}`)
  }
  await connection.close()
  return { read: eventOf.size, found }
}
