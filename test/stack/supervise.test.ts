import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGuardian } from '../../src/stack/guardian'
import { superviseServer, type ServerSpec, type SupervisedServer } from '../../src/stack/supervise'

describe('a server that ends by itself at its first start', () => {
  const guardian = startGuardian()
  let directory = ''
  let lines: string[] = []
  let server: SupervisedServer | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-supervise-'))
    lines = []
    server = undefined
  })

  afterEach(async () => {
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  afterAll(() => guardian.close())

  /** Appends a letter to `starts` at each start and stays up from the given start on. */
  const startsUp = (from: number): ServerSpec => ({
    name: 'Temporal',
    command: process.execPath,
    args: [
      '-e',
      `const fs = require('node:fs')
       fs.appendFileSync('starts', 'x')
       if (fs.readFileSync('starts', 'utf8').length < ${from}) throw new Error('the port is taken')
       fs.writeFileSync('up', '')
       setInterval(() => {}, 1000)`,
    ],
    variables: {},
    directory,
    ready: async (signal) => {
      while (!signal.aborted && !existsSync(join(directory, 'up'))) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  })

  const supervise = async (spec: ServerSpec): Promise<void> => {
    const idle = { onStart: () => {}, onRestart: () => {}, onLost: () => {} }
    server = await superviseServer(spec, { ...idle, guardian, report: (line) => lines.push(line) })
  }

  const starts = (): number => readFileSync(join(directory, 'starts'), 'utf8').length

  it('is started again, and says why', async () => {
    await supervise(startsUp(3))
    expect(starts()).toBe(3)
    expect(lines).toEqual([expect.stringMatching(/did not start.*Starting it again$/), expect.stringMatching(/Starting it again$/)])
  })

  it('is given up after three starts, with its last words', async () => {
    await expect(supervise(startsUp(9))).rejects.toThrow(/Temporal did not start \(it ended with code 1\).*Its whole log is/)
    expect(starts()).toBe(3)
  })
})
