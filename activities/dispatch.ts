import { activityInfo, ApplicationFailure } from '@temporalio/activity'
import type { Delivery, DeliveryStatus } from '../src/domain/delivery'
import { groupBy } from '../src/domain/group-by'
import { DISPATCH_BOUND_MS, PERMIT_WAIT_MS, TRIAL_WAIT_MS, WEBHOOK_CAP } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { isStoreAway } from '../src/store/errors'
import { batchOf } from './batches'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { createWriteIntents, type Intent, type Intents } from './intents'
import { postAll, type Posted, type PostTask } from './post-all'
import { enqueueInStorm, settle, type Run } from './settle-first'
import { careFor } from './standing'
import type { Activities, Batch, CareResult, DispatchResult } from './types'

/** The fast lane: the first POST of every delivery of some events, all in one local activity. */
export function createDispatch(deps: ActivityDeps): Activities['dispatch'] {
  const writeIntents = createWriteIntents(deps)

  return async ({ tenantId, eventIds }) => {
    const begun = Date.now()
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' }
    const intents = await (deps.ahead.take(workflowId) ?? writeIntents(tenantId, eventIds, workflowId))
    const { token, events, all, standing } = intents
    if (intents.unknown) throw unknownEvents(tenantId)
    deps.faults('after-intent')
    if (events.length > 0) {
      deps.onFanOut(tenantId, Math.ceil(all.length / events.length))
      deps.marks.dispatched({ tenantId, eventIds: events.map(({ id }) => id), workflowId })
    }
    wakeQueues(deps, tenantId, intents)
    const [first, others] = await Promise.all([
      attemptFirst(deps, { tenantId, workflowId, token, begun }, all, standing),
      careForOthers(deps, tenantId, workflowId, intents),
    ])
    deps.faults('after-outcome')
    return withOthers(summary(all, first), others)
  }
}

/** In another process than the one that publishes, a start may be faster than the journal. */
const JOURNAL_TRIES = 6

const unknownEvents = (tenantId: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'EventsUnknown',
    message: `none of these events is in the journal of tenant ${tenantId}: publish them over REST, or start deliverEvent with the event inline`,
    nonRetryable: activityInfo().attempt >= JOURNAL_TRIES,
  })

function wakeQueues(deps: ActivityDeps, tenantId: string, { all }: Intents): void {
  const queued = all.filter(({ delivery }) => delivery.queue !== undefined).map(({ webhook }) => webhook.id)
  for (const webhookId of new Set(queued)) deps.wakeQueue(tenantId, webhookId)
}

const NOT_ATTEMPTED: ReadonlySet<DeliveryStatus> = new Set(['held', 'expired'])

interface FirstAttempts {
  /** For the other lane. */
  left: Batch[]
  /** How many went into their webhook's queue after their POST. */
  queued: number
}

/** POSTs what this run has just written down. */
async function attemptFirst(deps: ActivityDeps, run: Run, intents: Intent[], standing: Delivery[]): Promise<FirstAttempts> {
  const before = new Map(standing.map((delivery) => [delivery.id, delivery]))
  const mine = intents.filter(({ delivery }) => {
    const record = before.get(delivery.id) ?? delivery
    return record.workflowId === run.workflowId && !NOT_ATTEMPTED.has(record.status) && record.queue === undefined
  })
  const byWebhook = [...groupBy(mine, ({ webhook }) => webhook).entries()]
  const isTrial = byWebhook.map(([webhook]) => !deps.lanes.isKnown(webhook.id))
  const posting = byWebhook.map(async ([webhook, all]) => {
    const fresh = all.filter(({ delivery }) => !before.has(delivery.id) && delivery.posts === 1)
    const first = await postFirst(deps, run, webhook, fresh)
    const tried = all.filter(({ delivery }) => !before.has(delivery.id) && delivery.posts === 0)
    return { webhook, all, posted: [first, ...(await postRest(deps, run, webhook, first, tried))] }
  })
  void attempted(posting, isTrial).then(() => deps.onDispatched(run.workflowId), () => undefined)
  const postings = await Promise.all(posting)
  const left: Batch[] = []
  let queued = 0
  await Promise.all(
    postings.map(async ({ webhook, all, posted }) => {
      const delivered = await settle(deps, run, posted)
      const undelivered = all.filter(
        ({ delivery }) => !delivered.has(delivery.id) && before.get(delivery.id)?.status !== 'delivered',
      )
      if (undelivered.length === 0) return
      const ids = undelivered.map(({ delivery }) => delivery.id)
      if (await enqueueInStorm(deps, run, webhook, ids, posted)) queued += ids.length
      else left.push(batchOf(webhook, undelivered.map(({ delivery }) => delivery), 0))
    }),
  )
  return { left, queued }
}

/** The next start need not wait for what is written down of this one, nor long for a webhook that nobody knows: it may hang. */
async function attempted(posting: Promise<unknown>[], isTrial: boolean[]): Promise<void> {
  await Promise.all(posting.filter((_, i) => !isTrial[i]))
  await within(Promise.all(posting), TRIAL_WAIT_MS)
}

/**
 * A webhook that nobody knew was tried with one delivery. It has answered quickly, and the others need
 * not be handed to the other lane: they are claimed, and POSTed here.
 */
async function postRest(deps: ActivityDeps, run: Run, webhook: OpenWebhook, first: Posted, rest: Intent[]): Promise<Posted[]> {
  const isProven = first.begun.length > 0 && first.begun.every(({ exchange }) => exchange.outcome.kind === 'delivered')
  if (rest.length === 0 || !isProven || !deps.lanes.isFast(webhook.id) || deps.stopping.aborted) return []
  const { tenantId, token } = run
  const wanted = rest.map(({ delivery }) => delivery)
  try {
    const claiming = deps.deliveries.claim(tenantId, wanted, token)
    const claims = await orGiveBack(deps, claiming, { tenantId, deliveryIds: wanted.map(({ id }) => id), token })
    const mine = new Set(claims.map(({ deliveryId }) => deliveryId))
    return [await postFirst(deps, run, webhook, rest.filter(({ delivery }) => mine.has(delivery.id)))]
  } catch (error) {
    // The other lane has them then.
    if (isStoreAway(error)) return []
    throw error
  }
}

function postFirst(deps: ActivityDeps, run: Run, webhook: OpenWebhook, fresh: Intent[]): Promise<Posted> {
  const tasks = fresh.map(({ delivery, event }): PostTask => ({
    claim: { deliveryId: delivery.id, eventId: event.id, number: 1 },
    event,
    numberInRound: 1,
  }))
  return postAll(deps, webhook, tasks, {
    beginBefore: run.begun + DISPATCH_BOUND_MS - webhook.timeoutMs,
    permitWaitMs: PERMIT_WAIT_MS.dispatch,
    atOnce: WEBHOOK_CAP,
  })
}

/** An event that is older than this may have been dispatched before, by a worker that ended meanwhile. */
const FIRST_RUN_MS = 5_000

/** What an earlier run began and this one would not begin goes on where it stands. */
async function careForOthers(deps: ActivityDeps, tenantId: string, workflowId: string, { all, standing, events }: Intents): Promise<CareResult> {
  const oldest = Math.min(...events.map(({ createdAt }) => createdAt.getTime()))
  const isFirstRun = standing.length === 0 && activityInfo().attempt === 1 && Date.now() - oldest < FIRST_RUN_MS
  if (isFirstRun) return NO_OTHERS
  const seen = new Set(all.map(({ delivery }) => delivery.id))
  const earlier = await deps.deliveries.inCareOf(tenantId, workflowId)
  const others = earlier.filter(({ id }) => !seen.has(id)).map(({ id }) => id)
  return others.length === 0 ? NO_OTHERS : careFor(deps, tenantId, others)
}

const NO_OTHERS: CareResult = { left: [], parked: [] }

const countOf = (batches: Batch[]): number => batches.reduce((sum, { deliveryIds }) => sum + deliveryIds.length, 0)

function withOthers(result: DispatchResult, { left, parked }: CareResult): DispatchResult {
  if (left.length + parked.length === 0) return result
  const deliveries = result.deliveries + countOf(left) + parked.length
  return { ...result, deliveries, left: [...result.left, ...left], parked }
}

function summary(intents: Intent[], { left, queued: afterwards }: FirstAttempts): DispatchResult {
  const undelivered = countOf(left)
  const held = intents.filter(({ delivery }) => delivery.status === 'held').length
  const queued = afterwards + intents.filter(({ delivery }) => delivery.queue !== undefined).length
  const expired = intents.filter(({ delivery }) => delivery.status === 'expired').length
  const delivered = intents.length - undelivered - held - queued - expired
  return { deliveries: intents.length, delivered, held, ...(expired > 0 && { expired }), left }
}
