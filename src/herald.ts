import type { Config } from './config'
import { createContext, type Context, type Role } from './context'
import { listen, type Listening } from './listen'
import type { Logger } from './logger'
import { ensureSearchAttributes } from './temporal/register'
import { startWorkers, type Workers } from './temporal/workers'

export type { Role } from './context'

export interface Herald {
  context: Context
  /** Where the API answers; a worker answers for its health alone. */
  url: string
  /** Where operators are answered, when that is a place of its own. */
  opsUrl?: string
  /** Takes the certificate of the API anew, where its files have changed. */
  renewCertificate: () => void
  /** Rejects when a part broke that the process cannot go on without. */
  broken: Promise<never>
  /** HTTP first, then what waits for a start, then workers, then what is still to be written, then the connections. */
  stop: () => Promise<void>
}

/** Runs one process of Herald against servers that are there. */
export async function startHerald(config: Config, logger: Logger, role: Role): Promise<Herald> {
  const withWorkers = role !== 'api'
  const context = await createContext({ config, logger, role })
  await ensureSearchAttributes(context.temporal.connection, config.temporal.namespace)
  const listening = await listen(config.http, context, logger)
  await context.sweeper.inherit()
  if (withWorkers) await context.fleet.join()
  const workers = withWorkers ? await workersOf(context) : undefined
  const rounds = startRounds(context, withWorkers)
  const following = withWorkers ? context.follow() : Promise.resolve()
  const mailing = withWorkers ? context.postman?.(context.stopping.signal) : undefined
  return {
    context,
    url: listening.url,
    ...(listening.opsUrl !== undefined && { opsUrl: listening.opsUrl }),
    renewCertificate: listening.renewCertificate,
    broken: (workers?.running ?? new Promise<void>(() => undefined)).then(() => new Promise<never>(() => undefined)),
    stop: () => stop(context, listening, workers, () => Promise.all([rounds(), following, mailing])),
  }
}

const workersOf = ({ config, temporal, activities }: Context): Promise<Workers> =>
  startWorkers({
    connection: temporal.connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    activities,
    workflowBundle: config.temporal.workflowBundle,
    ...(config.temporal.payloadKey && { payloadKey: config.temporal.payloadKey }),
  })

async function stop(context: Context, listening: Listening, workers: Workers | undefined, rounds: () => Promise<unknown>): Promise<void> {
  // Live lists would go on for ever.
  await listening.close(() => context.deliveryChanges.close(), 5_000)
  await context.starter.drain()
  context.stopping.abort()
  await context.alarm.stop()
  await rounds()
  await context.ahead.close()
  await workers?.stop()
  if (workers) await context.fleet.leave()
  await context.recorder.drain()
  await context.marks.drain()
  await context.temporal.close()
  await context.store.close()
}

/** Every process renews its leases, and forgets what was erased; those with workers also look for what is overdue, and for what may leave. */
function startRounds(context: Context, withWorkers: boolean): () => Promise<void> {
  const { sweeper, reconciler, retention, tallying, notices, config, logger } = context
  const { reconcile, retention: removal } = config

  /** On a timer of its own: a long look must not cost the leases of what waits here. */
  const renew = (): void => {
    void sweeper.renew().catch((error: unknown) => logger.warn({ err: error }, 'leases were not renewed; the next try is soon'))
    void context.sealing.look().catch((error: unknown) => logger.warn({ err: error }, 'whether data may be sealed was not learned; the next try is soon'))
    void context.forgetting.look().catch((error: unknown) => logger.warn({ err: error }, 'what was erased may be in memory still; the next look is soon'))
  }

  const renewal = setInterval(renew, reconcile.everyMs)
  const rounds = withWorkers
    ? [
        repeat(logger, [sweeper.sweep, reconciler.reconcile, notices.tellLeft], reconcile.everyMs),
        // Apart from what keeps the promise: it may take long, and nobody waits for it.
        repeat(logger, [retention.look], removal.everyMs),
        repeat(logger, [tallying.count], config.tallying.everyMs),
      ]
    : []
  return async () => {
    clearInterval(renewal)
    await Promise.all(rounds.map((end) => end()))
  }
}

/** Takes the steps at once and then again and again, one round at a time; answers what ends it. */
function repeat(logger: Logger, steps: (() => Promise<void>)[], everyMs: number): () => Promise<void> {
  let round = Promise.resolve()
  let busy = false

  async function run(): Promise<void> {
    for (const step of steps) {
      await step().catch((error: unknown) => logger.warn({ err: error }, 'a look for overdue work failed; the next one is soon'))
    }
  }

  function tick(): void {
    if (busy) return
    busy = true
    round = run().finally(() => (busy = false))
  }

  tick()
  const timer = setInterval(tick, everyMs)
  return async () => {
    clearInterval(timer)
    await round
  }
}
