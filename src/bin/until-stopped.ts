import { once } from 'node:events'

/** Resolves on SIGINT or SIGTERM; rejects when something broke. A second signal ends at once. */
export async function untilStopped(broken: Promise<never>): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), broken])
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
}
