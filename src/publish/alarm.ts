import type { Logger } from 'pino'

/** One timer, for the nearest time that this process knows of. */
export interface Alarm {
  /** Rings at the time, or soon when that has passed. Later times than the next few minutes come up again. */
  by: (time: Date) => void
  /** No more ringing; resolves once the last one is answered. */
  stop: () => Promise<void>
}

export interface AlarmOptions {
  /** It tells of the next time, if there is one. */
  ring: () => Promise<void>
  logger: Logger
}

/** Every worker looks at the schedule more often than this. */
const HORIZON_MS = 5 * 60_000
/** What is due and could not be taken is not looked at without a pause. */
const LEAST_MS = 100

export function createAlarm({ ring, logger }: AlarmOptions): Alarm {
  let at = Infinity
  let timer: NodeJS.Timeout | undefined
  let ringing = Promise.resolve()
  let stopped = false

  function go(): void {
    at = Infinity
    ringing = ring().catch((error: unknown) => logger.warn({ err: error }, 'what is due was not taken from the schedule; the next look is soon'))
  }

  return {
    by: (time) => {
      const wait = time.getTime() - Date.now()
      if (stopped || time.getTime() >= at || wait > HORIZON_MS) return
      clearTimeout(timer)
      at = time.getTime()
      // A timer may be a millisecond early.
      timer = setTimeout(go, Math.max(LEAST_MS, wait + 1))
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await ringing
    },
  }
}
