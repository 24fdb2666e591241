import { setTimeout as wait } from 'node:timers/promises'
import { watchForStandstill } from '../../activities/watch'

/** As SIGSTOP does: nothing of this process runs, and no timer. */
const standStill = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it('sees that the process stood still, whoever runs first after it', async () => {
  const [asked, ticked] = [watchForStandstill(), watchForStandstill()]
  standStill(1_000)
  await wait(600)
  expect([asked.isLate(), ticked.isLate()]).toEqual([false, false])
  standStill(5_200)
  expect(asked.isLate()).toBe(true)
  await wait(600)
  expect(ticked.isLate()).toBe(true)
  for (const watch of [asked, ticked]) watch.end()
})
