import { appendFileSync } from 'node:fs'

/** What was tried of a kind, and how much of it was refused; `figure` says what else was measured. */
export interface Tally {
  kind: string
  tried: number
  refused: number
  figure?: string
}

/** Told to the reporter, which runs in another process and prints one table at the end of the run. */
export function tell(tally: Tally): void {
  const file = process.env['HERALD_SECURITY_TALLY']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(tally)}\n`)
}
