import { setTimeout as wait } from 'node:timers/promises'
import { createTurns } from '../../activities/turns'
import type { RateLimit } from '../../src/domain/rate-limit'
import type { StoreConnection } from '../../src/store/connect'
import { createTurnsTaken, type TurnsTaken } from '../../src/store/turns-taken'
import { connectTestStore } from '../support/mongo'

const FAST: RateLimit = { requests: 100, per: 'second' }
const SLOW: RateLimit = { requests: 1, per: 'minute' }

let store: StoreConnection
let taken: TurnsTaken
beforeAll(async () => {
  store = await connectTestStore()
  taken = createTurnsTaken(store.models)
})
afterAll(() => store.close())

it('notes the turns of a second in one write, however few are wanted at a time', async () => {
  let writes = 0
  const note: TurnsTaken['note'] = (...given) => {
    writes += 1
    return taken.note(...given)
  }
  const turns = createTurns({ ...taken, note }, 'whk_1')
  const end = Date.now() + 2_500
  let pages = 0
  for (; Date.now() < end; pages += 1) {
    const reserved = await turns.reserve(FAST, 1)
    if (!('pace' in reserved)) throw new Error('no turn within a second')
    await reserved.pace.turn()
    await wait(30)
  }
  expect(pages).toBeGreaterThan(30)
  expect(writes).toBeLessThanOrEqual(3)
  await turns.close()
  expect(await taken.newest('whk_1')).toBeLessThanOrEqual(Date.now() + 1)
})

it('goes on after what another run has taken, and takes none once another one has gone on', async () => {
  const frozen = createTurns(taken, 'whk_2')
  expect(await frozen.reserve(FAST, 50)).toMatchObject({ count: 50 })
  const noted = await taken.newest('whk_2')
  const next = createTurns(taken, 'whk_2')
  while ('nextAt' in (await next.reserve(FAST, 50))) await wait(20)
  const newer = await taken.newest('whk_2')
  expect(newer).toBeGreaterThan(noted)

  await wait(1_100)
  expect(await frozen.reserve(FAST, 1)).toEqual({ nextAt: expect.any(Number) })
  await frozen.close()
  expect(await taken.newest('whk_2')).toBe(newer)
})

it('gives back at its end what it noted and did not take', async () => {
  const turns = createTurns(taken, 'whk_3')
  const before = Date.now()
  await turns.reserve(FAST, 1).then((reserved) => ('pace' in reserved ? reserved.pace.turn() : undefined))
  expect(await taken.newest('whk_3')).toBeGreaterThan(before + 500)
  await turns.close()
  expect(await taken.newest('whk_3')).toBeLessThan(Date.now() + 50)
})

it('keeps one a minute over runs', async () => {
  const first = createTurns(taken, 'whk_4')
  const taking = await first.reserve(SLOW, 5)
  expect(taking).toMatchObject({ count: 1 })
  if ('pace' in taking) await taking.pace.turn()
  await first.close()
  const reserved = await createTurns(taken, 'whk_4').reserve(SLOW, 5)
  expect('nextAt' in reserved && reserved.nextAt).toBeGreaterThan(Date.now() + 59_000)
})

it('does not wait for what a clock noted that was put back since', async () => {
  await taken.note('whk_5', Date.now() + 3_600_000, 0)
  const turns = createTurns(taken, 'whk_5')
  expect(await turns.reserve(FAST, 5)).toMatchObject({ count: 5 })
  expect(await taken.newest('whk_5')).toBeLessThan(Date.now() + 2_000)
})
