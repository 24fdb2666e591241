import { createGroupCommit } from '../../src/store/group-commit'

/** Writes of numbers that end when they are told to. */
function commitOf(maxItems: number) {
  const writes: { items: number[]; end: () => void }[] = []
  const commit = createGroupCommit<number, string>({
    maxInFlight: 1,
    maxItems,
    write: (items) => new Promise((resolve) => writes.push({ items, end: () => resolve(items.map(String)) })),
  })
  return { commit, writes, end: () => writes.at(-1)?.end() }
}

it('writes what was added together together and in order, small before large, and answers each its own', async () => {
  const { commit, writes, end } = commitOf(5)
  const single = commit.add(0)
  const batch = commit.addAll([1, 2, 3])
  const other = commit.addAll([4, 5, 6])
  const last = commit.add(7)
  for (let i = 0; i < 3; i += 1) {
    end()
    await new Promise(setImmediate)
  }
  expect(await Promise.all([single, batch, other, last])).toEqual(['0', ['1', '2', '3'], ['4', '5', '6'], '7'])
  expect(writes.map(({ items }) => items)).toEqual([[0], [1, 2, 3, 7], [4, 5, 6]])
})

it('does not tear what is more than a write may carry', async () => {
  const { commit, writes, end } = commitOf(2)
  const all = commit.addAll([1, 2, 3])
  end()
  expect(await all).toEqual(['1', '2', '3'])
  expect(writes).toHaveLength(1)
})

it('gathers under pressure, and writes at once what comes alone', async () => {
  const writes: number[][] = []
  const commit = createGroupCommit<number, number>({
    maxInFlight: 1,
    maxItems: 10,
    gather: { items: 2, everyMs: 50 },
    write: async (items) => {
      writes.push(items)
      return items
    },
  })
  const begun = performance.now()
  await commit.add(0)
  await commit.addAll([1, 2])
  expect(performance.now() - begun).toBeLessThan(40)
  await Promise.all([3, 4].map(commit.add))
  expect(writes).toEqual([[0], [1, 2], [3, 4]])
  expect(performance.now() - begun).toBeGreaterThanOrEqual(45)
})
