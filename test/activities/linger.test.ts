import { createLinger } from '../../activities/linger'

it('looks again and again after something was due, and not once more for each stay that follows', async () => {
  const linger = createLinger(new AbortController().signal)(() => false)
  /** How often it looks when nothing is due. */
  async function looks(): Promise<number> {
    let count = 0
    const look = async (): Promise<void> => {
      count += 1
      linger.begin()
    }
    await linger.over(look, () => false, Date.now() + 350)
    return count
  }

  expect(await looks()).toBeGreaterThan(1)
  expect(await looks()).toBe(1)
  linger.end()
  expect(await looks()).toBeGreaterThan(1)
  linger.end()
})
