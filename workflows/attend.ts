import {
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Batch, CareResult, Parked } from '../activities/types'
import { fitting, HeraldParked, HeraldWebhookIds } from '../src/temporal/search-attributes'
import { adopt, cancelParked, expire, openRound } from './activities'
import type { adoptDeliveries } from './deliver'
import { cancel, handedOn, parkedDeliveries, released, retry, type RetryRequest } from './messages'
import { runRound } from './round'
import { takeUpdates } from './updates'

/**
 * Stays with undelivered deliveries until each is delivered, held, cancelled or expired: runs their
 * rounds side by side, and waits with the parked ones for a person.
 */
export async function attend({ tenantId, left, parked: waiting }: { tenantId: string } & CareResult): Promise<void> {
  if (left.length === 0 && waiting.length === 0) return condition(allHandlersFinished)
  const parked = new Map(waiting.map((delivery) => [delivery.deliveryId, delivery]))
  /** The batch of each delivery whose round runs. */
  const running = new Map<string, Batch>()
  /** What people asked for and has not been answered yet, by delivery. */
  const wanted = new Map<string, RetryRequest['round']>()
  const unwanted = new Set<string>()
  const takenOver = new Set<string>()
  let failure: unknown

  setHandler(retry, (request) => idsOf(request).forEach((id) => wanted.set(id, roundOf(request))))
  setHandler(cancel, (request) => idsOf(request).forEach((id) => unwanted.add(id)))
  setHandler(released, (request) => idsOf(request).forEach((id) => takenOver.add(id)))
  setHandler(handedOn, (request) => idsOf(request).forEach(letGo))
  setHandler(parkedDeliveries, () => [...parked.keys()])
  takeUpdates(tenantId, (id) => running.has(id) || parked.has(id))

  /** Its round may wait for hours yet, for nothing: it ends with the workflow, or leaves this one out. */
  function letGo(id: string): void {
    running.delete(id)
    parked.delete(id)
    wanted.delete(id)
  }

  /** A round runs on its own; what it parks joins the waiting ones. */
  const start = (batch: Batch): void => {
    for (const id of batch.deliveryIds) running.set(id, batch)
    runRound(tenantId, batch)
      .then((newlyParked) => {
        for (const id of batch.deliveryIds) if (running.get(id) === batch) running.delete(id)
        for (const delivery of newlyParked) parked.set(delivery.deliveryId, delivery)
      })
      .catch((error: unknown) => (failure = error))
  }

  const goOn = (care: CareResult): void => {
    for (const delivery of care.parked) parked.set(delivery.deliveryId, delivery)
    care.left.forEach(start)
  }

  /** A request for a delivery whose round still runs waits for its end: the record parks before we do. */
  const answerable = (): string[] => [...wanted.keys(), ...unwanted, ...takenOver].filter((id) => !running.has(id))

  async function answer(): Promise<void> {
    const ids = new Set(answerable())
    for (const id of ids) if (takenOver.delete(id)) parked.delete(id)
    const unknown = [...ids].filter((id) => wanted.has(id) && !parked.has(id))
    const cancelled = [...ids].filter((id) => unwanted.delete(id) && parked.delete(id))
    const retried = [...ids].flatMap((id) => {
      const delivery = parked.get(id)
      const round = wanted.get(id)
      const seen = !wanted.delete(id) || (delivery && round !== undefined && round !== delivery.round + 1)
      return delivery && !seen ? [delivery] : []
    })
    if (cancelled.length > 0) await cancelParked({ tenantId, deliveryIds: cancelled })
    if (unknown.length > 0) goOn(await adopt({ tenantId, deliveryIds: unknown, from: workflowInfo().workflowId }))
    if (retried.length === 0) return
    for (const { deliveryId } of retried) parked.delete(deliveryId)
    goOn(await openRound({ tenantId, parked: retried }))
  }

  async function passDeadlines(): Promise<void> {
    const due = [...parked.values()].filter((delivery) => deadline(delivery) <= Date.now())
    const deliveryIds = due.map(({ deliveryId }) => deliveryId)
    const standing = await expire({ tenantId, deliveryIds, now: Date.now() })
    for (const id of deliveryIds) parked.delete(id)
    goOn(standing)
  }

  left.forEach(start)
  const show = createDisplay()
  while (running.size > 0 || parked.size > 0) {
    show(running, parked)
    const before = running.size
    const wake = () => failure !== undefined || answerable().length > 0 || running.size !== before
    const inTime = await waitUntil(wake, earliest(parked.values()))
    if (failure !== undefined) throw failure
    if (!inTime) await passDeadlines()
    await answer()
    if (running.size === 0 && mayContinueAsNew()) await continueWith(tenantId, [...parked.keys()])
  }
  show(running, parked)
  await condition(allHandlersFinished)
}

/** Operators may send anything; a request that says nothing is none. */
const idsOf = (request: Partial<RetryRequest> | undefined): string[] =>
  Array.isArray(request?.deliveryIds) ? request.deliveryIds.filter((id) => typeof id === 'string') : []

const roundOf = ({ round }: Partial<RetryRequest>): number | undefined => (typeof round === 'number' ? round : undefined)

const deadline = ({ noticed, noticeAt, expiresAt }: Parked): number => (noticed ? expiresAt : noticeAt)

function earliest(parked: Iterable<Parked>): number | undefined {
  const deadlines = [...parked].map(deadline)
  return deadlines.length === 0 ? undefined : deadlines.reduce((a, b) => Math.min(a, b))
}

/** One timer for whatever is due first; true when the condition came before it. */
async function waitUntil(wake: () => boolean, at: number | undefined): Promise<boolean> {
  if (at === undefined) {
    await condition(wake)
    return true
  }
  return condition(wake, Math.max(1, at - Date.now()))
}

const mayContinueAsNew = (): boolean => workflowInfo().continueAsNewSuggested && allHandlersFinished()

async function continueWith(tenantId: string, deliveryIds: string[]): Promise<never> {
  const next = makeContinueAsNewFunc<typeof adoptDeliveries>({ workflowType: 'adoptDeliveries' })
  return next({ tenantId, deliveryIds, from: workflowInfo().workflowId })
}

/** Tells the UI what is undelivered, and only when that has changed. */
function createDisplay(): (running: Map<string, Batch>, parked: Map<string, Parked>) => void {
  let shown = ''
  return (running, parked) => {
    const details = `${running.size} under way, ${parked.size} parked`
    if (details === shown) return
    shown = details
    const webhookIds = [...new Set([...running.values(), ...parked.values()].map(({ webhookId }) => webhookId))]
    setCurrentDetails(details)
    upsertSearchAttributes([
      { key: HeraldParked, value: parked.size },
      { key: HeraldWebhookIds, value: fitting(webhookIds) },
    ])
  }
}
