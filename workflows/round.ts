import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow'
import type { Batch, Parked } from '../activities/types'
import { park, postEvents } from './activities'

/** Attempts a batch until its round ends; answers what it parked. */
export async function runRound(tenantId: string, batch: Batch): Promise<Parked[]> {
  let { base, startToCloseMs } = batch
  for (;;) {
    let failure: string | undefined
    try {
      const result = await postEvents(tenantId, { ...batch, base, startToCloseMs })
      if (result.kind === 'done') return []
      base = result.base
      startToCloseMs = result.startToCloseMs ?? startToCloseMs
      await sleep(Math.max(1, result.notBefore - Date.now()))
      continue
    } catch (error) {
      failure = failureType(error)
    }
    const { parked, unfinished } = await park({ tenantId, batch, failure })
    const rest = await Promise.all(unfinished.map((other) => runRound(tenantId, other)))
    return [...parked, ...rest.flat()]
  }
}

/** The type that `postEvents` threw, or none for a lost activity; what is no failure of it is thrown on. */
export function failureType(error: unknown): string | undefined {
  if (!(error instanceof ActivityFailure)) throw error
  const { cause } = error
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined
}
