import pino, { type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** One JSON line a fact, to standard output unless told otherwise; never a secret, never a body. */
export function createLogger(level: string, destination: 1 | 2 | DestinationStream = 1): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // A driver's error carries the documents that it could not write.
      serializers: { err: ({ name, message, stack, code }: Error & { code?: unknown }) => ({ type: name, message, stack, code }) },
      redact: ['*.authorization', '*.password', '*.secret', 'err.config'],
    },
    typeof destination === 'number' ? pino.destination(destination) : destination,
  )
}
