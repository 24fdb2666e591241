import { Runtime, type Logger as TemporalLogger, type LogMetadata } from '@temporalio/worker'
import type { Logger } from 'pino'

/**
 * Once a process: Temporal's SDK logs through Herald's logger, and leaves the signals to Herald.
 * What the SDK warns of (every failed attempt among it) is on record elsewhere, so that it is detail.
 */
export function installTemporalRuntime(logger: Logger): void {
  Runtime.install({ logger: adapt(logger.child({ part: 'temporal' })), shutdownSignals: [] })
}

function adapt(logger: Logger): TemporalLogger {
  const detail = (message: string, meta?: LogMetadata): void => logger.debug(meta ?? {}, message)
  return {
    log: (level, message, meta) => (level === 'ERROR' ? logger.error(meta ?? {}, message) : detail(message, meta)),
    trace: detail,
    debug: detail,
    info: detail,
    warn: detail,
    error: (message, meta) => logger.error(meta ?? {}, message),
  }
}
