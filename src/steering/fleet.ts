import type { Logger } from 'pino'
import type { MemberStore } from '../store/members'

/** The processes that share the work, and what of a bound on all of them is this one's. */
export interface Fleet {
  /** Before this process makes its first POST: its share is counted from now on. */
  join: () => Promise<void>
  /** After its last one. */
  leave: () => Promise<void>
  /** Its part of `cap`, one at least. */
  share: (cap: number) => number
}

/** So late at most the others know that a process has come. */
const BEAT_MS = 2_000

export interface FleetDeps {
  members: MemberStore
  processId: string
  logger: Logger
}

/**
 * Every process takes an equal part, so that their sum is within the bound without a word between them.
 * While MongoDB is away the last count holds: nothing new is claimed then anyway.
 */
export function createFleet({ members, processId, logger }: FleetDeps): Fleet {
  let size = 1
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<void> = Promise.resolve()

  async function beat(): Promise<void> {
    try {
      size = Math.max(1, await members.beat(processId))
    } catch (error) {
      logger.warn({ err: error }, 'the processes were not counted: the last count holds')
    }
  }

  return {
    share: (cap) => Math.max(1, Math.floor(cap / size)),
    join: async () => {
      await beat()
      timer = setInterval(() => void (beating = beat()), BEAT_MS)
    },
    leave: async () => {
      clearInterval(timer)
      await beating
      await members.leave(processId).catch((error: unknown) => logger.warn({ err: error }, 'this process is counted for a while longer'))
    },
  }
}
