export interface GroupCommitOptions<Item, Result> {
  /** How many writes may be under way at once. */
  maxInFlight: number
  /** How many items one write may carry. */
  maxItems: number
  /** Under pressure: a write begins `everyMs` after one of `items` or more at the earliest. */
  gather?: { items: number; everyMs: number }
  /** Writes the items; answers one result an item, in order. */
  write: (items: Item[]) => Promise<Result[]>
  /** True for a failure that awaits the next write too: what waits for that is rejected at once. */
  failsAll?: (error: unknown) => boolean
}

export interface GroupCommit<Item, Result> {
  add: (item: Item) => Promise<Result>
  /** What is added together is written together, in this order, also when it is more than `maxItems`. */
  addAll: (items: Item[]) => Promise<Result[]>
}

interface Waiting<Item, Result> {
  items: Item[]
  resolve: (results: Result[]) => void
  reject: (error: unknown) => void
}

/**
 * Turns many small writes into few large ones: while `maxInFlight` writes are
 * under way, whatever arrives goes into the next one. Idle, an item is written at once.
 */
export function createGroupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const { maxInFlight, maxItems, gather, write, failsAll = () => false } = options
  const queue: Waiting<Item, Result>[] = []
  let inFlight = 0
  let nextAt = 0
  let timer: NodeJS.Timeout | undefined

  async function commit(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await write(batch.flatMap(({ items }) => items))
      let next = 0
      for (const { items, resolve } of batch) resolve(results.slice(next, (next += items.length)))
    } catch (error) {
      const failed = failsAll(error) ? [...batch, ...queue.splice(0)] : batch
      for (const { reject } of failed) reject(error)
    } finally {
      inFlight -= 1
      pump()
    }
  }

  /** The one that waits longest, and as many others as there is room for, small ones before large ones. */
  function nextBatch(): Waiting<Item, Result>[] {
    const [first] = queue.splice(0, 1)
    if (!first) return []
    const batch = [first]
    let room = maxItems - first.items.length
    for (const waiting of queue.toSorted((a, b) => a.items.length - b.items.length)) {
      if (waiting.items.length > room) break
      room -= waiting.items.length
      batch.push(waiting)
    }
    const taken = new Set(batch)
    queue.splice(0, queue.length, ...queue.filter((waiting) => !taken.has(waiting)))
    return batch
  }

  function pump(): void {
    while (inFlight < maxInFlight && queue.length > 0) {
      const waitMs = nextAt - performance.now()
      if (waitMs > 0) {
        timer ??= setTimeout(onTime, waitMs)
        return
      }
      const batch = nextBatch()
      const size = batch.reduce((sum, { items }) => sum + items.length, 0)
      nextAt = gather && size >= gather.items ? performance.now() + gather.everyMs : 0
      inFlight += 1
      void commit(batch)
    }
  }

  function onTime(): void {
    timer = undefined
    pump()
  }

  const addAll = (items: Item[]): Promise<Result[]> =>
    new Promise((resolve, reject) => {
      queue.push({ items, resolve, reject })
      pump()
    })

  return {
    addAll,
    // The write answers one result an item, so that the first is there.
    add: async (item) => (await addAll([item]))[0] as Result,
  }
}
