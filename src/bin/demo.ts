import { Command } from 'commander'
import { readEnv, SettingsError } from '../env'
import { DemoError } from './demo/demo-error'
import { runDemo } from './demo/run-demo'
import { createScreen } from './demo/screen'

const INTERRUPTED = 130

const program = new Command('demo')
  .description('Shows on a running Herald how events are delivered, fail, are parked and are retried by hand.')
  .option('--fast', 'short waits between the attempts, instead of the promised 2, 4, 8 and 16 s')
  .action(async ({ fast = false }: { fast?: boolean }) => {
    const stopping = new AbortController()
    const stop = (): void => stopping.abort()
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const isColoured = process.stdout.isTTY && process.stdout.hasColors()
    const screen = createScreen((text) => void process.stdout.write(text), isColoured)
    try {
      await runDemo({ env: readEnv(), screen, isFast: fast, signal: stopping.signal })
    } catch (error) {
      process.exitCode = stopping.signal.aborted ? INTERRUPTED : 1
      if (!stopping.signal.aborted) process.stderr.write(`\n${explain(error)}\n`)
    }
  })

const explain = (error: unknown): string => {
  const { stack, message } = error as Error
  return error instanceof DemoError || error instanceof SettingsError ? message : (stack ?? message)
}

void program.parseAsync()
