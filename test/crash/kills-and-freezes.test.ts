import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { cacheDir, readEnv } from '../../src/env'
import type { Stack } from '../../src/stack'
import { startFreshStack } from '../../src/stack/fresh'
import { SEARCH_ATTRIBUTES } from '../../src/temporal/search-attributes'
import { newDataDir } from '../support/data-dir'
import { until } from '../support/until'
import { startHarness, type Harness } from './harness'
import type { Try } from './load'

const isLong = process.env['HERALD_CRASH_LONG'] !== undefined
const KILLS = isLong ? 10 : 2
const FREEZES = isLong ? 3 : 1
const PER_SECOND = 50
/** Longer than Temporal waits for a worker's sign of life. */
const FREEZE_MS = 20_000
/** Longer than the store waits for an answer. */
const SERVER_FREEZE_MS = isLong ? FREEZE_MS : 13_000
const STEP_MS = (isLong ? 10 : 2) * 60_000
const OVER_MS = 120_000

/** What a publish may take when MongoDB is gone, and when it takes connections and never answers. */
const DEAD_MS = 2_500
const FROZEN_MS = 8_000

describe('Herald, while 50 events a second are published,', () => {
  let stack: Stack
  let harness: Harness
  let directory: string

  beforeAll(async () => {
    directory = await newDataDir('herald-crash-')
    stack = await startFreshStack({
      dataDir: directory,
      cacheDir: cacheDir(readEnv()),
      searchAttributes: SEARCH_ATTRIBUTES,
      report: () => undefined,
    })
    const { mongodbUri, temporalAddress } = stack
    harness = await startHarness({ mongodbUri, temporalAddress, name: 'crash', directory, perSecond: PER_SECOND })
  }, STEP_MS)
  afterAll(async () => {
    await harness?.close()
    await stack?.stop()
    await rm(directory, { recursive: true, force: true })
  }, STEP_MS)

  /** Some time after everything that was tried in vain has been accepted: what a test sees is of its own doing. */
  async function randomMoment(): Promise<void> {
    await until(() => harness.load.publications.every(({ accepted, tries }) => accepted || tries.length === 0), { timeoutMs: 60_000 })
    await pause(500 + Math.random() * 2_000)
  }

  /** kill -9, until it has come back; answers what publishers saw meanwhile. */
  async function killServer(name: 'temporal' | 'mongodb'): Promise<Try[]> {
    await randomMoment()
    const pid = stack.pids[name] ?? 0
    const from = Date.now()
    process.kill(pid, 'SIGKILL')
    await until(async () => stack.pids[name] !== pid && (await harness.herald.isReady()), { timeoutMs: 60_000 })
    return harness.load.triesBetween(from, Date.now())
  }

  /** Stopped for a while, as by a virtual machine that is moved; answers what publishers saw after `settleMs`. */
  async function freezeServer(name: 'temporal' | 'mongodb', settleMs: number): Promise<Try[]> {
    await randomMoment()
    const pid = stack.pids[name] ?? 0
    const from = Date.now() + 100
    process.kill(pid, 'SIGSTOP')
    try {
      await pause(SERVER_FREEZE_MS)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const to = Date.now() - settleMs
    await until(() => harness.herald.isReady(), { timeoutMs: 60_000 })
    return harness.load.triesBetween(from, to)
  }

  const times = async (count: number, act: () => Promise<Try[]>): Promise<Try[]> => {
    const seen: Try[] = []
    for (let i = 0; i < count; i += 1) seen.push(...(await act()))
    return seen
  }

  it('comes back from being killed', async () => {
    for (let i = 0; i < KILLS; i += 1) {
      await randomMoment()
      harness.herald.signal('SIGKILL')
      await harness.herald.restart()
    }
  }, STEP_MS)

  it('accepts events while Temporal is killed', async () => {
    const tries = await times(KILLS, () => killServer('temporal'))
    expect(answersOf(tries)).toEqual([202])
    expect(took(0.5, tries)).toBeLessThan(1_000)
  }, STEP_MS)

  it('answers 503 soon while MongoDB is killed', async () => {
    const tries = await times(KILLS, () => killServer('mongodb'))
    expect([200, 202, 503]).toEqual(expect.arrayContaining(answersOf(tries)))
    expect(answersOf(tries)).toContain(503)
    expect(took(0.99, tries.filter(({ answer }) => answer === 503))).toBeLessThan(DEAD_MS)
  }, STEP_MS)

  it('accepts events while Temporal is frozen', async () => {
    const tries = await times(FREEZES, () => freezeServer('temporal', 0))
    expect(tries.length).toBeGreaterThan(SERVER_FREEZE_MS / 1_000)
    expect(answersOf(tries)).toEqual([202])
    expect(took(0.5, tries)).toBeLessThan(1_000)
  }, STEP_MS)

  it('answers 503 within seconds while MongoDB is frozen', async () => {
    const tries = await times(FREEZES, () => freezeServer('mongodb', FROZEN_MS))
    expect(answersOf(tries)).toEqual([503])
    expect(took(0.99, tries)).toBeLessThan(FROZEN_MS)
  }, STEP_MS)

  it('goes on in another process while one is frozen', async () => {
    await harness.addProcess()
    for (let i = 0; i < FREEZES; i += 1) {
      await randomMoment()
      const from = Date.now()
      harness.herald.signal('SIGSTOP')
      await pause(FREEZE_MS)
      expect(answersOf(harness.load.triesBetween(from + 1_000, Date.now()))).toContain(202)
      harness.herald.signal('SIGCONT')
      await until(() => harness.herald.isReady(), { timeoutMs: 60_000 })
    }
  }, STEP_MS)

  it('has kept every promise in the end', async () => {
    const summary = await harness.verify(OVER_MS)
    expect(summary.parked).toBeGreaterThan(0)
    expect(summary.repeatedPosts).toBeGreaterThan(0)
  }, 3 * STEP_MS)
})

const answersOf = (tries: Try[]): Try['answer'][] => [...new Set(tries.map(({ answer }) => answer))]
/** So long took a try, or less, for this part of them. */
const took = (part: number, tries: Try[]): number =>
  tries.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[Math.floor(part * tries.length)] ?? 0
