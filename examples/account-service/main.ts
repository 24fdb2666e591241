import { Client, Connection } from '@temporalio/client'
import { heraldDataConverter } from '../../src'
import { startAccountService } from './service'

async function main(): Promise<void> {
  // oxlint-disable-next-line node/no-process-env -- this is a program of its own, and its one place
  const env = process.env
  const connection = await Connection.connect({ address: env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233' })
  const client = new Client({
    connection,
    namespace: env.TEMPORAL_NAMESPACE ?? 'default',
    dataConverter: heraldDataConverter(env.HERALD_PAYLOAD_KEY),
  })
  const { url, close } = await startAccountService({
    client,
    port: Number(env.ACCOUNT_SERVICE_PORT ?? 4100),
    taskQueue: env.HERALD_TASK_QUEUE,
  })
  process.stdout.write(`The account service listens: PUT ${url}/accounts/<id>\n`)
  const stop = (): void => {
    close()
    void connection.close()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
}

main().catch((error: Error) => {
  process.stderr.write(`The account service cannot start: ${error.message}. Does Herald run (npm start), and is TEMPORAL_ADDRESS its Temporal's?\n`)
  process.exitCode = 1
})
