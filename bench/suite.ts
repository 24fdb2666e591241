import type { Plan } from './plan'
import type { Result } from './result'
import { deliver } from './runs/deliver'
import { floor } from './runs/floor'
import { histories } from './runs/histories'
import { controlOf, isolate, type Badness } from './runs/isolate'
import { park } from './runs/park'
import { flat } from './runs/flat'
import { portal } from './runs/portal'
import { release } from './runs/release'
import { storm } from './runs/storm'
import type { Stage } from './stage'

export const ISOLATION_RUNS = ['f', 'f-reset', 'f-drip', 'f-slow500', 'f-dead100', 'f-long'] as const
export const RUN_NAMES = ['a', 'a-beside', 'a2', 'b', 'b5', 'c', 'batch', 'ordered', 'd', 'storm', 'e', ...ISOLATION_RUNS, 'release', 'release-killed', 'g', 'g-long', 'portal', 'histories'] as const
export type RunName = (typeof RUN_NAMES)[number]

/** What is measured when nothing is named. */
export const DEFAULT_RUNS: RunName[] = ['a', 'a-beside', 'a2', 'b', 'b5', 'c', 'batch', 'ordered', 'd', 'storm', 'e', 'f']

type Step = (stage: Stage) => Promise<Result>

/** The runs in order; each floor, and each control, stands directly before what is measured against it. */
export function stepsOf(names: RunName[], plan: Plan, withFloor: boolean): Step[] {
  const { burst, tenants, steady, calm, fanOut, batches, ordered, dead, deadOneByOne, plainBurst } = plan
  const floors = (step: Step): Step[] => (withFloor ? [step] : [])
  const steps: Record<RunName, Step[]> = {
    a: [
      ...floors((stage) => floor(stage, { run: 'floor a', title: `floor: ${burst.events} events, eager start, local activity`, form: 'eager', ...burst })),
      (stage) => deliver(stage, { run: 'a', title: `${burst.events} events to one endpoint, 32 clients`, ...burst }),
    ],
    'a-beside': [(stage) => deliver(stage, { run: 'a-beside', title: `${burst.events} events to one endpoint, 32 clients, a second Herald beside`, beside: true, ...burst })],
    a2: [(stage) => deliver(stage, { run: 'a2', title: `${tenants.events} events of ${tenants.tenants} tenants, one endpoint each, 32 clients`, ...tenants })],
    b: [
      ...floors((stage) => floor(stage, { run: 'floor b', title: 'floor: 50 events/s, eager start, local activity', form: 'eager', ...steady })),
      (stage) => deliver(stage, { run: 'b', title: `50 events/s, ${steady.events} events`, ...steady }),
    ],
    b5: [
      ...floors((stage) => floor(stage, { run: 'floor b5', title: 'floor: 5 events/s, eager start, local activity', form: 'eager', ...calm })),
      (stage) => deliver(stage, { run: 'b5', title: `5 events/s, ${calm.events} events`, ...calm }),
    ],
    c: [(stage) => deliver(stage, { run: 'c', title: `${fanOut.events} events to ${fanOut.webhooks} webhooks each`, ...fanOut })],
    batch: [(stage) => deliver(stage, { run: 'batch', title: `${batches.events} events in batches of ${batches.batch} to one endpoint`, ...batches })],
    ordered: [(stage) => deliver(stage, { run: 'ordered', title: `${ordered.events} events of ${ordered.orderingKeys} keys to one ordered endpoint, 32 clients`, ...ordered })],
    d: [
      (stage) => park(stage, { run: 'd', title: `${dead.events} events to a dead endpoint, batches of ${dead.batch}`, ...dead }),
      (stage) => park(stage, { run: 'd-single', title: `${deadOneByOne.events} events to a dead endpoint, 32 clients`, ...deadOneByOne }),
    ],
    storm: [(stage) => storm(stage, { run: 'storm', title: `${plan.storm.dead.events} events to a dead endpoint until parked; ms: 20/s to a healthy one beside it`, storm: plan.storm })],
    e: [
      (stage) => floor(stage, { run: 'plain a', title: `plain form: ${plainBurst.events} events, regular activity`, form: 'plain', ...plainBurst }),
      (stage) => floor(stage, { run: 'plain b', title: 'plain form: 50 events/s, regular activity', form: 'plain', ...steady }),
    ],
    f: isolation('f', plan.isolation, 'hang'),
    'f-reset': isolation('f-reset', plan.isolation, 'reset'),
    'f-drip': isolation('f-drip', plan.isolation, 'drip'),
    'f-slow500': isolation('f-slow500', plan.isolation, 'slow500'),
    'f-dead100': isolation('f-dead100', plan.isolationOfMany, 'dead'),
    'f-long': isolation('f-long', plan.isolationForLong, 'hang'),
    release: [(stage) => release(stage, { run: 'release', title: `${countOf(plan.release)} parked, released at ${plan.release.perSecond}/s`, kills: 0, ...plan.release })],
    'release-killed': [
      (stage) => release(stage, { run: 'release-killed', title: `${countOf(plan.release)} parked, released at ${plan.release.perSecond}/s, everything killed twice`, kills: 2, ...plan.release }),
    ],
    g: [(stage) => flat(stage, { run: 'g', ...plan.flat })],
    'g-long': [(stage) => flat(stage, { run: 'g-long', ...plan.flat, real: Math.min(50_000, plan.flat.sizes.at(-1) ?? 0) })],
    portal: [(stage) => portal(stage, { run: 'portal', ...plan.portal })],
    histories: [(stage) => histories(stage, plan.histories)],
  }
  return names.flatMap((name) => steps[name])
}

const countOf = ({ grouped, single, synthetic }: Plan['release']): number => grouped + single + synthetic

function isolation(run: string, load: Plan['isolation'], badness: Badness): Step[] {
  const { webhooks, badWebhooks, events } = load
  const what = `${events} events at 50/s to ${webhooks} webhooks, half of them to ${badWebhooks} of these`
  return [
    (stage) => isolate(stage, { ...load, run: controlOf(run), title: `control: ${what}` }),
    (stage) => isolate(stage, { ...load, run, title: `${what}: ${badness}`, badness }),
  ]
}
