import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { version } from '../package.json'
import { machine } from './measure/machine'
import { planOf } from './plan'
import { render } from './report/table'
import { medians, verdicts } from './report/verdicts'
import type { Result } from './result'
import { setStage, type Stage } from './stage'
import { DEFAULT_RUNS, RUN_NAMES, stepsOf, type RunName } from './suite'

interface Options {
  runs: number
  scale: number
  floor: boolean
  cpuProf: boolean
  out: string
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function bench(names: RunName[], options: Options): Promise<void> {
  const stage = await setStage({ resultsDir: path.resolve(options.out), cpuProf: options.cpuProf, report: say })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stage.stop().finally(() => process.exit(130)))
  }
  const rounds: Result[][] = []
  try {
    const steps = stepsOf(names.length > 0 ? names : DEFAULT_RUNS, planOf(options.scale), options.floor)
    for (let i = 0; i < options.runs; i += 1) rounds.push(await round(stage, steps))
  } finally {
    await stage.stop()
  }
  const results = medians(rounds)
  const judged = verdicts(rounds)
  say(`\n${render(machine(), results, judged)}`)
  const file = path.join(stage.resultsDir, `${new Date().toISOString().replaceAll(':', '-')}.json`)
  const kept = { version, machine: machine(), options, results, verdicts: judged, rounds }
  await writeFile(file, `${JSON.stringify(kept, undefined, 2)}\n`)
  say(`\nAll numbers: ${file}`)
  const failed = judged.some(({ kind, pass }) => kind === 'must' && !pass) || results.some(({ violations }) => violations.length > 0)
  process.exitCode = failed ? 1 : 0
}

async function round(stage: Stage, steps: ReturnType<typeof stepsOf>): Promise<Result[]> {
  const results: Result[] = []
  for (const step of steps) {
    const result = await step(stage)
    const figures = Object.entries(result.figures)
      // What a run has of each call is in its file.
      .filter(([name]) => !name.startsWith('/'))
      .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    say(`${result.run}: ${figures.join(', ')}`)
    results.push(result)
  }
  return results
}

function positive(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('must be a number above 0')
}

const program = new Command('bench')
  .description('Measures Herald beside the floor: the least that Temporal and its TypeScript SDK need for the same load.')
  .addArgument(new Argument('[runs...]', `which runs; ${DEFAULT_RUNS.join(', ')} when none is named`).choices(RUN_NAMES))
  .option('--runs <n>', 'repeat all, and take medians', positive, 1)
  .option('--scale <share>', 'of the full loads, for a quick look', positive, 1)
  .option('--no-floor', 'leave the floor out')
  .option('--cpu-prof', 'write CPU profiles of Herald beside the results', false)
  .option('--out <directory>', 'where results go', path.join(__dirname, '../../bench/results'))
  .action(bench)

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
