import { z } from 'zod'

/** How urgently an event is to be delivered, as its publisher has said. */
export interface Timing {
  /** 1 (most urgent) to 5. */
  priority?: number
}

export const PRIORITIES = { most: 1, least: 5 } as const

/** The fields of an event, as they are sent. */
export const timingFields = {
  priority: z
    .int({ error: 'must be a whole number from 1 (most urgent) to 5' })
    .min(PRIORITIES.most, 'must be a whole number from 1 (most urgent) to 5')
    .max(PRIORITIES.least, 'must be a whole number from 1 (most urgent) to 5')
    .optional(),
}

/** The fields that were given, and no others. */
export const timingOf = ({ priority }: Timing): Timing => ({
  ...(priority !== undefined && { priority }),
})

/** Money that moved before what was made, and that before what was changed. */
const PRIORITY_OF_TYPE: ReadonlyMap<number, number> = new Map([
  [1, 3],
  [2, 4],
  [3, 3],
  [4, 4],
  [5, 2],
  [6, 2],
])
const PRIORITY_OF_OTHERS = 3

interface Urgent {
  typeId: number
  priority?: number
}

export const priorityOf = ({ typeId, priority }: Urgent): number => priority ?? PRIORITY_OF_TYPE.get(typeId) ?? PRIORITY_OF_OTHERS

/** The priority of what travels together. */
export const mostUrgent = (all: Urgent[]): number => Math.min(PRIORITIES.least, ...all.map(priorityOf))
