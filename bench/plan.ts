import { WEBHOOK_CAP } from '../src/domain/lanes'
import type { Pace } from './actors/drive'

/** One load: so many events, as many clients publish in turn or as a clock says. */
export interface Load {
  events: number
  pace: Pace
  /** Published so many at a time; one by one without it. */
  batch?: number
  /** The events have so many ordering keys, in turn, and go to ordered webhooks. */
  orderingKeys?: number
}

const CLIENTS = 32
/** So that no run measures a cold compiler (V8's has seen its fill after some thousand events), an empty connection pool or a first index. */
export const WARM_UP: Load = { events: 3_000, pace: { clients: CLIENTS } }

/** Half of the events go to the bad ones among the webhooks. */
export type IsolationLoad = Load & { webhooks: number; badWebhooks: number }

/** Parked deliveries, which one release gives another round. */
export interface ReleaseLoad {
  /** Published in bursts, and parked in groups. */
  grouped: number
  /** Published one by one, and parked in workflows of their own. */
  single: number
  /** Parked ones of which there are records alone, each with a workflow of its own that is gone. */
  synthetic: number
  perSecond: number
}

/** What is in the stores while the same is measured again and again. */
export interface FlatLoad {
  sizes: number[]
  /** Of the largest size, parked in real workflows. */
  real: number
  burst: Load
  retries: number
  calls: number
}

/** What the portal is asked about. */
export interface PortalLoad {
  /** While the first pages are opened. */
  deliveries: number
  /** While every filter is asked. */
  moreDeliveries: number
  webhooks: number
  /** That the counts of 30 days tell of. */
  counted: number
  calls: number
}

export interface Plan {
  burst: Load
  tenants: Load & { tenants: number }
  steady: Load
  calm: Load
  fanOut: Load & { webhooks: number }
  batches: Load & { batch: number }
  ordered: Load & { orderingKeys: number }
  dead: Load & { batch: number }
  deadOneByOne: Load
  storm: { dead: Load; healthy: Load }
  isolation: IsolationLoad
  isolationOfMany: IsolationLoad
  isolationForLong: IsolationLoad
  release: ReleaseLoad
  flat: FlatLoad
  portal: PortalLoad
  plainBurst: Load
  histories: Load & { single: number }
}

/** The loads of every run; `scale` below 1 makes a quick look of it. */
export function planOf(scale: number): Plan {
  const load = (events: number, pace: Pace = { clients: CLIENTS }): Load => ({
    events: Math.max(20, Math.round(events * scale)),
    pace,
  })
  const isolation = { ...load(3_000, { perSecond: 50 }), webhooks: Math.max(100, Math.round(1_000 * scale)), badWebhooks: 1 }
  return {
    burst: load(3_000),
    tenants: { ...load(3_000), tenants: 50 },
    steady: load(1_000, { perSecond: 50 }),
    calm: load(100, { perSecond: 5 }),
    fanOut: { ...load(500), webhooks: 10 },
    batches: { ...load(10_000, { clients: 4 }), batch: 500 },
    ordered: { ...load(10_000), orderingKeys: 100 },
    // As a core system at the end of its day: groups of a hundred form from the first moment on.
    dead: { ...load(5_000, { clients: 4 }), batch: 250 },
    // With no more events waiting than there are clients, groups stay small: an even, slow stream.
    deadOneByOne: load(1_000),
    // The healthy one gets its events for as long as the storm may take at most.
    storm: { dead: { ...load(20_000, { clients: 4 }), batch: 250 }, healthy: load(1_000, { perSecond: 20 }) },
    isolation,
    isolationOfMany: { ...isolation, badWebhooks: isolation.webhooks / 10 },
    isolationForLong: { ...isolation, ...load(30_000, { perSecond: 50 }) },
    release: { grouped: Math.round(50_000 * scale), single: Math.round(2_000 * scale), synthetic: Math.round(48_000 * scale), perSecond: 300 },
    flat: { sizes: [0, 100_000, 1_000_000].map((size) => Math.round(size * scale)), real: 0, burst: load(3_000), retries: 30, calls: 25 },
    portal: { deliveries: Math.round(100_000 * scale), moreDeliveries: Math.round(1_000_000 * scale), webhooks: Math.max(20, Math.round(1_000 * scale)), counted: Math.round(10_000_000 * scale), calls: 5 },
    // A third of the burst: it is an even, slow stream, and its rate is told by then.
    plainBurst: load(1_000),
    histories: { ...load(1_000), single: 50 },
  }
}

/** Five attempts with short waits: 100, 200, 400 and 800 ms. */
export const SHORT_WAITS = { maximumAttempts: 5, initialInterval: '100ms', backoffCoefficient: 2 }

/** The least that a release must reach. */
export const MUSTS = {
  burstToFloor: 8,
  burstPerSecond: 1_000,
  /** A second process must not make it less; a tenth is the noise of two runs side by side. */
  besideToBurst: 0.9,
  tenantsToBurst: 0.6,
  orderedToBurst: 0.5,
  steadyToFloor: 2.5,
  steadyMedianMs: 40,
  steadyP99Ms: 120,
  calmMedianMs: 25,
  deliveriesPerSecond: 2_000,
  batchPerSecond: 1_500,
  parkedPerSecond: 300,
  stormPerSecond: 400,
  stormP99Ms: 300,
  /** Times the control, or so many ms more than it, whichever is more. */
  isolatedTimes: 1.5,
  isolatedMoreMs: 20,
  openAtOneBad: WEBHOOK_CAP,
  heraldPeakMb: 450,
  releasedPerSecond: 100,
  /** Of the figures with nothing in the stores. */
  flatTimes: 1.2,
  pageMs: 1_500,
  filterMs: 300,
}
export const AIMS = {
  burstPerSecond: 1_300,
  steadyMedianMs: 20,
  steadyP99Ms: 60,
  calmMedianMs: 15,
  deliveriesPerSecond: 3_000,
  batchPerSecond: 2_500,
  parkedPerSecond: 678,
  stormPerSecond: 650,
}
