import type { Plan } from './plan'
import type { Result } from './result'
import { deliver } from './runs/deliver'
import { floor } from './runs/floor'
import { histories } from './runs/histories'
import { park } from './runs/park'
import type { Stage } from './stage'

export const RUN_NAMES = ['a', 'b', 'c', 'd', 'e', 'histories'] as const
export type RunName = (typeof RUN_NAMES)[number]

/** What is measured when nothing is named. */
export const DEFAULT_RUNS: RunName[] = ['a', 'b', 'c', 'd', 'e']

type Step = (stage: Stage) => Promise<Result>

/** The runs in order; each floor stands directly before what is measured against it. */
export function stepsOf(names: RunName[], plan: Plan, withFloor: boolean): Step[] {
  const { burst, steady, fanOut, dead, deadOneByOne, plainBurst } = plan
  const floors = (step: Step): Step[] => (withFloor ? [step] : [])
  const steps: Record<RunName, Step[]> = {
    a: [
      ...floors((stage) => floor(stage, { run: 'floor a', title: `floor: ${burst.events} events, eager start, local activity`, form: 'eager', ...burst })),
      (stage) => deliver(stage, { run: 'a', title: `${burst.events} events to one endpoint, 32 clients`, ...burst }),
    ],
    b: [
      ...floors((stage) => floor(stage, { run: 'floor b', title: 'floor: 50 events/s, eager start, local activity', form: 'eager', ...steady })),
      (stage) => deliver(stage, { run: 'b', title: `50 events/s, ${steady.events} events`, ...steady }),
    ],
    c: [(stage) => deliver(stage, { run: 'c', title: `${fanOut.events} events to ${fanOut.webhooks} webhooks each`, ...fanOut })],
    d: [
      (stage) => park(stage, { run: 'd', title: `${dead.events} events to a dead endpoint, batches of ${dead.batch}`, ...dead }),
      (stage) => park(stage, { run: 'd-single', title: `${deadOneByOne.events} events to a dead endpoint, 32 clients`, ...deadOneByOne }),
    ],
    e: [
      (stage) => floor(stage, { run: 'plain a', title: `plain form: ${plainBurst.events} events, regular activity`, form: 'plain', ...plainBurst }),
      (stage) => floor(stage, { run: 'plain b', title: 'plain form: 50 events/s, regular activity', form: 'plain', ...steady }),
    ],
    histories: [(stage) => histories(stage, plan.histories)],
  }
  return names.flatMap((name) => steps[name])
}
