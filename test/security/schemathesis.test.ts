import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cacheDir, readEnv } from '../../src/env'
import { startApi, type TestApi } from '../api/start-api'
import { hasPython, obtainSchemathesis } from './schemathesis/obtain'
import { tell } from './tally'

/** `npm run test:schemathesis`: for minutes instead of seconds. */
const IS_LONG = process.env['HERALD_SCHEMATHESIS_LONG'] !== undefined
const LONGEST_MS = IS_LONG ? 3_600_000 : 240_000
const CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance', 'unsupported_method', 'allow_header_conformance', 'ignored_auth']
const OPTIONS = [
  '--header=Authorization: Bearer admin-key-of-a-test',
  `--checks=${CHECKS.join(',')}`,
  // Endless, and no JSON: test/api/live.test.ts has it.
  '--exclude-path=/v1/deliveries/live',
  // Python before 3.11.5 trips over code that several threads parse (python/cpython#106905).
  '--workers=1',
  '--request-timeout=10',
  '--continue-on-failure',
  '--no-shrink',
  '--no-color',
  '--suppress-health-check=all',
]

// CI must not skip: without Python, the set-up fails there.
const skipped = !hasPython() && !process.env['CI']
if (skipped) process.stderr.write('Skipped test/security/schemathesis: install Python 3.11 or newer, with venv, to try the API with generated requests\n')

;(skipped ? describe.skip : describe)('requests that are generated from the OpenAPI document', () => {
  let python: string
  let api: TestApi
  let directory: string

  beforeAll(async () => {
    ;[python, api] = await Promise.all([obtainSchemathesis(cacheDir(readEnv())), startApi({ readiness: async () => ({ mongodb: true, temporal: true }) })])
    directory = mkdtempSync(path.join(tmpdir(), 'herald-schemathesis-'))
  }, 300_000)
  afterAll(async () => {
    await api?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('are answered as it says, and never by a mistake of Herald', async () => {
    const extent = IS_LONG ? ['--phases=coverage,fuzzing,stateful', '--max-examples=100', '--generation-database=none'] : ['--phases=fuzzing', '--max-examples=3', '--generation-deterministic']
    const { code, output } = await run(python, ['-m', 'schemathesis.cli', 'run', `${api.url}/openapi.json`, ...OPTIONS, ...extent])
    expect([code, code === 0 ? '' : output]).toEqual([0, ''])
    expect(api.logged.filter((line) => line.includes('a request failed'))).toEqual([])
    const tried = Number(/(\d+) generated/.exec(output)?.[1])
    tell({ kind: 'requests of schemathesis', tried, refused: tried })
  }, LONGEST_MS)

  const run = (program: string, args: string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) =>
      execFile(program, args, { cwd: directory, maxBuffer: 2 ** 27, timeout: LONGEST_MS - 5_000 }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr })),
    )
})
