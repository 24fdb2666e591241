import type { Client } from '@temporalio/client'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
// In a service of your own: from 'herald'.
import { InvalidEventError, startDelivery } from '../../src'

export interface AccountServiceOptions {
  client: Client
  port: number
  tenantId?: string
  taskQueue?: string
}

interface Account {
  id: string
  accountType: 'Savings' | 'Current'
  customerId?: string
  currency?: string
  balance: string
}

interface Reply {
  status: number
  body: object
}

/** Opens accounts, and tells the bank's customers of them through Herald. */
export async function startAccountService(options: AccountServiceOptions): Promise<{ url: string; close: () => void }> {
  const accounts = new Map<string, Account>()

  async function openAccount(id: string, wanted: Partial<Account>): Promise<Reply> {
    const account = accounts.get(id) ?? ({ ...wanted, id, balance: '0.00' } as Account)
    const { client, tenantId, taskQueue } = options
    // The id comes from the fact itself, so that asking for the same account again, after a crash or
    // a time-out, makes no second event.
    const event = { id: `account-created-${id}`, type: 'CREATE ACCOUNT', data: { ...account } }
    const { eventId, workflowId, repeated } = await startDelivery(client, { tenantId, taskQueue, event })
    accounts.set(id, account)
    return { status: repeated ? 200 : 201, body: { ...account, eventId, workflowId } }
  }

  async function handle(request: IncomingMessage): Promise<Reply> {
    const [, id] = /^\/accounts\/([A-Za-z0-9-]{1,40})$/.exec(request.url ?? '') ?? []
    if (request.method !== 'PUT' || id === undefined) return { status: 404, body: { detail: 'PUT /accounts/<id> opens an account' } }
    return openAccount(id, (await json(request)) as Partial<Account>)
  }

  const server = createServer((request, response) => {
    void handle(request)
      .catch(toProblem)
      .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`))
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

function toProblem(error: unknown): Reply {
  if (error instanceof InvalidEventError) return { status: 400, body: { detail: error.message, errors: error.errors } }
  if (error instanceof SyntaxError) return { status: 400, body: { detail: 'The body is not JSON' } }
  // Nothing is lost: the account is not open yet, and the caller asks again.
  return { status: 503, body: { detail: `The account cannot be opened now, try again: ${(error as Error).message}` } }
}
