import { startAccountService } from '../../examples/account-service/service'
import { useScene } from '../support/scene'
import { useService } from './service'

const scene = useScene()
const service = useService(scene)

async function startService() {
  const { tenantId, herald } = scene
  const { taskQueue } = herald.config.temporal
  const { url, close } = await startAccountService({ client: service.client, port: 0, tenantId, taskQueue })
  const open = async (id: string, account: object) => {
    const response = await fetch(`${url}/accounts/${id}`, { method: 'PUT', body: JSON.stringify(account) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { open, close }
}

it('tells of an opened account once, however often the same account is asked for', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { open, close } = await startService()

  const first = await open('acc-1', { accountType: 'Savings', currency: 'EUR' })
  const again = await open('acc-1', { accountType: 'Savings', currency: 'EUR' })

  expect([first.status, again.status]).toEqual([201, 200])
  const [request] = await receiver.waitFor(1)
  expect(JSON.parse(request?.rawBody ?? '')).toMatchObject({
    id: 'account-created-acc-1',
    type: 'CREATE ACCOUNT',
    data: { id: 'acc-1', accountType: 'Savings', currency: 'EUR', balance: '0.00' },
  })
  await scene.inStatus('delivered', 'account-created-acc-1')
  expect(receiver.requests).toHaveLength(1)
  close()
})

it('opens no account that its customers could not be told of', async () => {
  const { open, close } = await startService()
  const { status, body } = await open('acc-2', { accountType: 'Gold' })
  expect(status).toBe(400)
  expect(body.detail).toContain('event.data.accountType must be one of Savings, Current')
  close()
})
