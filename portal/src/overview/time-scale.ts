/** In ms, where a scale of times has a line: each about five times the one before, and easily said. */
const LINES = [1, 5, 20, 100, 500, 2_000, 10_000, 60_000, 300_000, 1_800_000, 7_200_000, 43_200_000, 172_800_000, 864_000_000, 2_592_000_000]

/** The lines between which all the times lie. */
export function timeScale(times: number[]): number[] {
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const first = Math.max(0, LINES.findLastIndex((line) => line <= least))
  const last = LINES.findIndex((line) => line >= most)
  return LINES.slice(first, last === -1 ? undefined : Math.max(last, first + 1) + 1)
}
