import { createQueueRuns } from '../../src/steering/queue-runs'

const never = (): boolean => false

function queueRuns() {
  const stopping = new AbortController()
  return { runs: createQueueRuns(stopping.signal), stop: () => stopping.abort() }
}

/** Whether it sleeps still after what has just happened. */
const sleeps = (sleep: Promise<unknown>): Promise<boolean> =>
  Promise.race([sleep.then(() => false), new Promise<boolean>((resolve) => setImmediate(resolve, true))])

it('wakes the run of a queue, also where that goes to sleep later, and no other', async () => {
  const { runs } = queueRuns()
  const [run, other] = [runs.begin('w', never), runs.begin('another', never)]
  const [sleep, others] = [run.sleep(60_000), other.sleep(60_000)]
  expect(await sleeps(sleep)).toBe(true)
  expect(runs.wake('w', true)).toBe(true)
  await sleep
  await run.sleep(60_000)
  expect([run.look(), run.look()]).toEqual([true, false])
  expect(await sleeps(others)).toBe(true)
  runs.wake('another')
  await others
  expect([run.end(), other.end(), runs.wake('w')]).toEqual([false, true, false])
  expect(runs.count()).toBe(0)
})

it('hands a wake to the newest run of a queue, and ends the one before it', async () => {
  const { runs } = queueRuns()
  const older = runs.begin('w', never)
  const sleep = older.sleep(60_000)
  const newer = runs.begin('w', never)
  await sleep
  expect([older.isOver(), newer.isOver()]).toEqual([true, false])
  expect(runs.wake('w')).toBe(true)
  expect(newer.end()).toBe(true)
  expect(runs.wake('w')).toBe(false)
  older.end()
})

it('lets a run begin once the one before it here has ended', async () => {
  const { runs } = queueRuns()
  const first = runs.begin('w', never)
  await first.alone
  const [second, third] = [runs.begin('w', never), runs.begin('w', never)]
  second.end()
  expect(await sleeps(third.alone)).toBe(true)
  first.end()
  await third.alone
  expect(runs.count()).toBe(1)
  third.end()
})

it('hands no wake to a run that Temporal has given up: who wakes asks Temporal', () => {
  const { runs } = queueRuns()
  let isLate = false
  const run = runs.begin('w', () => isLate)
  expect(runs.wake('w')).toBe(true)
  isLate = true
  expect([run.isOver(), runs.wake('w')]).toEqual([true, false])
  // What it was woken for before is another one's now, whether it has looked since or not.
  run.look()
  expect(run.end()).toBe(true)
})

it('ends every sleep when the process stops', async () => {
  const { runs, stop } = queueRuns()
  const run = runs.begin('w', never)
  const sleep = run.sleep(60_000)
  stop()
  await sleep
  await run.sleep(60_000)
  run.end()
})
