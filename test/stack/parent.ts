import { startStack, type StackOptions } from '../../src/stack'

/** A Herald that only holds a stack: started with its options as JSON, killed by the test. */
async function main(): Promise<void> {
  const options: Omit<StackOptions, 'report'> = JSON.parse(process.argv[2] ?? '{}')
  const stack = await startStack({ ...options, report: (line) => void process.stderr.write(`${line}\n`) })
  process.on('SIGTERM', () => void stack.stop().then(() => process.exit(0)))
  process.stdout.write(`${JSON.stringify(stack)}\n`)
}

void main()
