import { setTimeout as wait } from 'node:timers/promises'
import { BROKEN_PATH } from '../actors/event'
import type { Post } from '../actors/receiver'
import { openBank, type Bank, type Subscription } from '../bank'
import { breaches } from '../check/promise'
import { readRecords, settled, type Records } from '../check/records'
import { earliest, latest } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import type { ReleaseLoad } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { writeSynthetic } from '../synthetic'
import { eventsOf } from './events-of'

export interface ReleaseRun extends ReleaseLoad {
  run: string
  title: string
  /** How often everything is killed: Herald, Temporal and MongoDB. */
  kills: number
}

const SILENCE_MS = 120_000
const SINGLES_PER_SECOND = 50
const BATCH = 250

/** Parks very much, then releases it to an endpoint that has healed, from the release to the last arrival. */
export async function release(stage: Stage, input: ReleaseRun): Promise<Result> {
  await stage.receiver.call('break')
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, input: ReleaseRun): Promise<Result> {
  const { run, title, perSecond, kills } = input
  const webhook = await bank.subscribe({ path: `${BROKEN_PATH}/hook` }, { retry: { maximumAttempts: 1 } })
  const count = await park(stage, bank, webhook, input)
  await stage.receiver.call('heal')
  await stage.receiver.call('collect')
  // A kill may cost an attempt that was begun.
  await bank.herald.call('PATCH', `/v1/webhooks/${webhook.id}`, { retry: { maximumAttempts: 5 } }, bank.tenantId)
  const stopMeter = startMeter(bank.pids)
  const body = { action: 'retry', filter: { webhookId: webhook.id }, ratePerSecond: perSecond }
  const { total } = await bank.herald.call<{ total: number }>('POST', '/v1/releases', body, bank.tenantId)
  const arrived = stage.receiver.call('expect', { count, silenceMs: SILENCE_MS })
  for (let i = 1; i <= kills; i += 1) await killWhen(stage, bank, (count * i) / (kills + 1))
  await arrived
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'delivered', count)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, [bank.tenantId])
  const unknown = kills > 0 ? completeUnknown(records) : 0
  const seconds = (latest(posts.map(({ at }) => at)) - earliest(posts.map(({ at }) => at))) / 1_000
  const mostInASecond = latest([...bySecond(posts).values()])
  return {
    run,
    title,
    events: count,
    figures: {
      eventsPerSecond: count / seconds,
      mostInASecond,
      mostInAnySecond: mostInAny(posts.map(({ at }) => at)),
      unknownOutcomes: unknown,
      repeatedPosts: posts.length - new Set(posts.map(({ id }) => id)).size,
    },
    cpuMsPerEvent: kills > 0 ? {} : perEvent(cpuMs, count),
    violations: [
      ...(total === count ? [] : [`the release counted ${total} of ${count} parked deliveries`]),
      ...(mostInASecond <= perSecond ? [] : [`${mostInASecond} POSTs came in a second, the release allows ${perSecond}`]),
      ...breaches([expectedOf(input, webhook)], records, posts),
    ],
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    // What was killed took its count along.
    ...(othersCores !== undefined && kills === 0 && { othersCores }),
  }
}

/** Answers how many. */
async function park(stage: Stage, bank: Bank, { id }: Subscription, { run, grouped, single, synthetic }: ReleaseRun): Promise<number> {
  stage.report(`parking ${grouped} in groups, ${single} one by one, and writing ${synthetic} records`)
  await bank.publish(`${run}-single`, { events: single, pace: { perSecond: SINGLES_PER_SECOND } })
  await bank.publish(`${run}-grouped`, { events: grouped, pace: { clients: 4 }, batch: BATCH })
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'parked', grouped + single)
  const { tenantId } = bank
  const records = { tenantId, webhookIds: [id], prefix: `${run}-synthetic`, count: synthetic, parked: 'all', newest: new Date(Date.now() - 60_000) } as const
  await writeSynthetic(bank.store, records)
  return grouped + single + synthetic
}

function expectedOf({ run, grouped, single, synthetic }: ReleaseRun, webhook: Subscription): Parameters<typeof breaches>[0][number] {
  const events = new Map([...eventsOf(`${run}-single`, single), ...eventsOf(`${run}-grouped`, grouped), ...eventsOf(`${run}-synthetic`, synthetic)])
  return { events, webhooks: [webhook], statuses: ['delivered'], maximumAttempts: 6 }
}

/** Herald, Temporal and MongoDB at once; the servers are started again by who watches over them. */
async function killWhen(stage: Stage, bank: Bank, delivered: number): Promise<void> {
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'delivered', delivered)
  stage.report(`killing everything after ${Math.round(delivered)} deliveries`)
  const { temporal, mongodb } = stage.stack.pids
  for (const pid of [temporal, mongodb]) if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await bank.herald.kill()
  for (;;) {
    // Its servers may not be there yet.
    const isUp = await bank.herald.restart().then(() => true, () => false)
    if (isUp) return
    await wait(1_000)
  }
}

/** What a kill has swallowed the answer of is on record as an intent alone; answers how many. */
function completeUnknown({ deliveries, attempts }: Records): number {
  let unknown = 0
  for (const { _id, posts } of deliveries) {
    const numbers = attempts.get(_id) ?? new Set<number>()
    unknown += posts - numbers.size
    attempts.set(_id, new Set(Array.from({ length: posts }, (_, i) => i + 1)))
  }
  return unknown
}

function bySecond(posts: Post[]): Map<number, number> {
  const first = earliest(posts.map(({ at }) => at))
  const counts = new Map<number, number>()
  for (const { at } of posts) {
    const second = Math.floor((at - first) / 1_000)
    counts.set(second, (counts.get(second) ?? 0) + 1)
  }
  return counts
}

/** The most in any window of a second, wherever it begins. */
function mostInAny(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  let from = 0
  let most = 0
  for (const [i, at] of sorted.entries()) {
    while (at - (sorted[from] ?? at) >= 1_000) from += 1
    most = Math.max(most, i - from + 1)
  }
  return most
}
