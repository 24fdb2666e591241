import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cacheDir, readEnv } from '../src/env'
import type { Stack } from '../src/stack'
import { startFreshStack } from '../src/stack/fresh'
import { SEARCH_ATTRIBUTES } from '../src/temporal/search-attributes'
import { startActor, type Actor } from './actors/calls'
import type { LoadCalls } from './actors/load'
import type { ReceiverCalls } from './actors/receiver'

/** What all runs share: the servers, and one process each that publishes and that receives. */
export interface Stage {
  stack: Stack
  load: Actor<LoadCalls>
  receiver: Actor<ReceiverCalls>
  receiverUrl: string
  /** Logs, profiles and results. */
  resultsDir: string
  cpuProf: boolean
  report: (line: string) => void
  stop: () => Promise<void>
}

export type StageOptions = Pick<Stage, 'resultsDir' | 'cpuProf' | 'report'>

/** Real servers with data of their own, on any free ports. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'herald-bench-'))
  await mkdir(options.resultsDir, { recursive: true })
  const stack = await startFreshStack({
    dataDir,
    cacheDir: cacheDir(readEnv()),
    searchAttributes: SEARCH_ATTRIBUTES,
    report: options.report,
  })
  const load = startActor<LoadCalls>('load')
  const receiver = startActor<ReceiverCalls>('receiver')
  const port = await receiver.call('listen')
  return {
    ...options,
    stack,
    load,
    receiver,
    receiverUrl: `http://127.0.0.1:${port}`,
    stop: async () => {
      await Promise.all([load.stop(), receiver.stop()])
      await stack.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
