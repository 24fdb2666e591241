import { Client } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { answerCalls } from '../actors/calls'
import { drive, type Pace } from '../actors/drive'
import { now } from '../clock'

export interface FloorActivities {
  arrive: (i: number) => Promise<void>
}

export type FloorForm = 'eager' | 'plain'

interface Running {
  client: Client
  taskQueue: string
  stop: () => Promise<void>
}

let running: Running | undefined
let arrivedAt: number[] = []

/** Client and worker share one connection in one process, as Herald's do. */
async function start({ address, taskQueue }: { address: string; taskQueue: string }): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const connection = await NativeConnection.connect({ address })
  const activities: FloorActivities = { arrive: async (i) => void (arrivedAt[i] ??= now()) }
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    activities,
  })
  const ended = worker.run()
  running = {
    client: new Client({ connection }),
    taskQueue,
    stop: async () => {
      worker.shutdown()
      await ended
      await connection.close()
    },
  }
}

export interface FloorLoad {
  form: FloorForm
  prefix: string
  events: number
  pace: Pace
}

/** Starts one workflow an event; answers when each was published and when its activity ran. */
async function run({ form, prefix, events, pace }: FloorLoad): Promise<{ publishedAt: number[]; arrivedAt: number[] }> {
  if (!running) throw new Error('start first')
  const { client, taskQueue } = running
  arrivedAt = []
  const publishedAt = await drive(events, pace, async (i) => {
    await client.workflow.start(form, {
      workflowId: `${prefix}-${i}`,
      taskQueue,
      args: [i],
      ...(form === 'eager' && { requestEagerStart: true }),
    })
  })
  await allArrived(events)
  return { publishedAt, arrivedAt }
}

async function allArrived(events: number): Promise<void> {
  let before = -1
  for (let silent = 0; silent < 60; silent += 1) {
    const count = Object.keys(arrivedAt).length
    if (count === events) return
    if (count !== before) silent = 0
    before = count
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`${before} of ${events} activities ran, then nothing for 15 s`)
}

const stop = async (): Promise<void> => running?.stop()

const handlers = { start, run, stop }
export type FloorCalls = typeof handlers

answerCalls(handlers)
