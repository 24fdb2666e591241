/** Whether this process has stood still, as a frozen one or one on a virtual machine that is moved does. */
export interface Watch {
  /** For so long that Temporal may have given the activity to somebody else; true ever after. */
  isLate: () => boolean
  end: () => void
}

const TICK_MS = 500
/** Temporal waits for a sign of life for 10 s and more (workflows/activities, drain), and the last may be 6 s old. */
const MOST_MS = 5_000

export function watchForStandstill(): Watch {
  let seenAt = times()
  let late = false

  /** By either clock: the steady one may stand still with the machine. */
  function look(): boolean {
    const now = times()
    late ||= now.some((time, i) => time - (seenAt[i] ?? time) > MOST_MS)
    return late
  }

  const timer = setInterval(() => {
    // First after a standstill this runs, or whoever asks: both see the gap.
    look()
    seenAt = times()
  }, TICK_MS)
  timer.unref()
  return { isLate: look, end: () => clearInterval(timer) }
}

const times = (): number[] => [performance.now(), Date.now()]
