import { kill, pid } from 'node:process'

/** Places at which a test ends the process: the arrows of the way of an event, and where a change is made and not yet answered. */
export type FaultPoint =
  | 'after-journal'
  | 'after-start'
  | 'after-intent'
  | 'after-post'
  | 'after-outcome'
  | 'before-park'
  | 'after-release'
  | 'after-park'
  | 'after-blank'
  | 'after-erasure-cancel'
  | 'before-audit-end'
export type FaultPoints = (point: FaultPoint) => void

/**
 * Ends this process, as kill -9 does, when it has passed a place for the n-th time: `after-post:3`.
 * For crash tests alone; without the setting every place is passed at no cost.
 */
export function createFaults(setting: string | undefined): FaultPoints {
  if (setting === undefined) return () => undefined
  const [point, times = '1'] = setting.split(':') as [FaultPoint, string?]
  let left = Number(times)
  return (passed) => {
    if (passed === point && --left === 0) kill(pid, 'SIGKILL')
  }
}
