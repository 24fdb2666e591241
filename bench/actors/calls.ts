import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** What a child process does when it is asked, by name. */
export type Handlers = Record<string, (input: never) => unknown>

/** A child process that does what it is asked. */
export interface Actor<H extends Handlers> {
  pid: number
  call: <Name extends keyof H & string>(name: Name, ...input: Parameters<H[Name]>) => Promise<Awaited<ReturnType<H[Name]>>>
  stop: () => Promise<void>
}

interface Question {
  id: number
  name: string
  input: unknown
}

interface Reply {
  id: number
  result?: unknown
  error?: string
}

/** In the child: answers calls until the parent is gone. */
export function answerCalls(handlers: Handlers): void {
  process.on('message', ({ id, name, input }: Question) => {
    const tell = (reply: Omit<Reply, 'id'>): void => void process.send?.({ id, ...reply })
    const handle = async (): Promise<unknown> => handlers[name]?.(input as never)
    handle().then(
      (result) => tell({ result }),
      (error: Error) => tell({ error: error.stack ?? error.message }),
    )
  })
  process.on('disconnect', () => process.exit())
}

/** Starts the file beside this one as a process of its own. */
export function startActor<H extends Handlers>(file: string): Actor<H> {
  const child = fork(path.join(__dirname, file))
  const waiting = new Map<number, (reply: Reply) => void>()
  let calls = 0
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply))
  child.on('exit', (code, signal) => {
    for (const [id, tell] of waiting) tell({ id, error: `The process ${file} ended (${code ?? signal})` })
  })
  return {
    pid: child.pid ?? 0,
    call: (name, ...[input]) =>
      new Promise((resolve, reject) => {
        const id = ++calls
        waiting.set(id, ({ result, error }) => {
          waiting.delete(id)
          if (error === undefined) resolve(result as never)
          else reject(new Error(`${file} could not ${name}: ${error}`))
        })
        child.send({ id, name, input } satisfies Question)
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
