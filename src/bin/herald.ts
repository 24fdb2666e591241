import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { version } from '../../package.json'
import { readEnv, SettingsError } from '../env'
import { StackError } from '../stack/errors'
import { verifyAudit } from './audit'
import { rotateKeys } from './keys'
import { runRole } from './run-role'
import { runStart } from './run-start'
import { addUser, listUsers, resetUser, UsersError, type AddOptions, type ResetOptions, type UserOptions } from './users'

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

const users = program.command('users').description('who may use the portal, for when nobody can sign in; asks the Herald that runs here, with the admin key')
const inTenant = (command: Command): Command =>
  command.option('--tenant <id>', 'the tenant that it is about', 'default').option('--url <url>', 'where Herald runs; else on this machine, as its settings say')

inTenant(users.command('add <email>'))
  .description('invite a user, and print the one-time link with which they choose a password')
  .option('--name <name>', 'how others see them; else the address')
  .option('--role <role>', 'viewer, operator or administrator', 'viewer')
  .option('--every-tenant', 'the role holds in every tenant')
  .action((email: string, options: AddOptions) => run(() => addUser(email, options)))

inTenant(users.command('reset <email>'))
  .description('print a one-time link for a new password; lets a disabled user in again')
  .option('--disable-totp', 'also ask for no code of an authenticator app any more')
  .action((email: string, options: ResetOptions) => run(() => resetUser(email, options)))

inTenant(users.command('list'))
  .description('list the users of a tenant, and those of every tenant')
  .action((options: UserOptions) => run(() => listUsers(options)))

const keys = program.command('keys').description('the keys that seal secrets in MongoDB; asks the Herald that runs here, with the admin key')

keys
  .command('rotate')
  .description('seal with HERALD_ENCRYPTION_KEY what other keys have sealed; may be stopped and run again')
  .option('--url <url>', 'where Herald runs; else on this machine, as its settings say')
  .action((options: { url?: string }) => run(() => rotateKeys(options)))

const audit = program.command('audit').description('the log of who did what; asks the Herald that runs here, with the admin key')

audit
  .command('verify')
  .description('look in every tenant for lines of the audit log that were changed or removed; ends with 1 when there is one')
  .option('--url <url>', 'where Herald runs; else on this machine, as its settings say')
  .action((options: { url?: string }) => run(() => verifyAudit(options)))

async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    const forPeople = error instanceof SettingsError || error instanceof StackError || error instanceof UsersError || isTakenPort(error)
    process.stderr.write(`\n${forPeople ? explain(error as Error) : ((error as Error).stack ?? String(error))}\n`)
    process.exitCode = 1
    // What was started is stopped by its own guards; an open handle must not keep a failed start alive.
    setTimeout(() => process.exit(), 5_000).unref()
  }
}

const isTakenPort = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE'

const explain = (error: Error): string =>
  isTakenPort(error)
    ? takenPort((error as { port?: number }).port)
    : error.message

/** Names the setting that has to change. */
function takenPort(port: number | undefined): string {
  const setting = port !== undefined && readEnv().HERALD_OPS_PORT === port ? 'HERALD_OPS_PORT' : 'PORT'
  return `Port ${String(port)} is used by another program. Stop it, or choose another port with ${setting}=…`
}

void program.parseAsync()
