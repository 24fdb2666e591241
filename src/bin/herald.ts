import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { version } from '../../package.json'
import { SettingsError } from '../env'
import { StackError } from '../stack/errors'
import { runRole } from './run-role'
import { runStart } from './run-start'

// On a machine with much memory V8 would let the heap grow to a multiple of what is in use before it
// collects: twice as much is enough, and costs nothing that can be measured.
setFlagsFromString('--heap-growing-percent=100')

/** What people type. Errors that they can mend are one message, without a stack. */
const program = new Command('herald').description('Delivers events to webhooks, durably.').version(version)

program
  .command('start')
  .description('obtain and start Temporal and MongoDB, then the API and the workers, in one process')
  .action(() => run(runStart))

program
  .command('api')
  .description('the API alone, against servers named by MONGODB_URI and TEMPORAL_ADDRESS')
  .action(() => run(() => runRole('api')))

program
  .command('worker')
  .description('workers alone, against servers named by MONGODB_URI and TEMPORAL_ADDRESS')
  .action(() => run(() => runRole('worker')))

async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    const forPeople = error instanceof SettingsError || error instanceof StackError || isTakenPort(error)
    process.stderr.write(`\n${forPeople ? explain(error as Error) : ((error as Error).stack ?? String(error))}\n`)
    process.exitCode = 1
    // What was started is stopped by its own guards; an open handle must not keep a failed start alive.
    setTimeout(() => process.exit(), 5_000).unref()
  }
}

const isTakenPort = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE'

const explain = (error: Error): string =>
  isTakenPort(error)
    ? `Port ${String((error as { port?: number }).port)} is used by another program. Stop it, or choose another port with PORT=…`
    : error.message

void program.parseAsync()
