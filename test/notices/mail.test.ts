import { MAIL_PACE } from '../../src/notices/postman'
import { ADMIN_KEY, startTestHerald } from '../support/herald'
import { startSmtp, type TestSmtp } from '../support/smtp'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const OPERATOR = 'operators@herald.example'
const pace = { ...MAIL_PACE, gatherMs: 500, everyMs: 8_000, retryMs: 300, lookMs: 50 }
const mail = { smtpUrl: '', from: 'Herald <herald@herald.example>', to: [OPERATOR], publicUrl: 'https://herald.example', pace }
const ONCE = { maximumAttempts: 1 }

let smtp: TestSmtp
beforeAll(async () => {
  smtp = await startSmtp()
  mail.smtpUrl = `smtp://127.0.0.1:${smtp.port}`
})
const scene = useScene({ config: { mail } })
afterAll(() => smtp.close())

/** An address of the test's own, which gets the digests of its tenant. */
async function people(): Promise<string> {
  const address = `people@${scene.tenantId}.example`
  const { status } = await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { notifyEmails: [address] })
  expect(status).toBe(200)
  return address
}

async function park(count: number, webhook: Record<string, unknown> = {}, query = ''): Promise<string> {
  const dead = await scene.receiver(500)
  const webhookId = await scene.subscribe(dead.url + query, { retry: ONCE, ...webhook })
  await publish(count)
  await until(async () => (await scene.deliveries(`status=parked&webhookId=${webhookId}`)).length >= count)
  return webhookId
}

const publish = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () => scene.publish()))

it('tells a storm by one mail, and what comes after it by the next, not too soon', async () => {
  const address = await people()
  const { mails } = scene.herald.herald.context.store.models
  // However long the storm takes here, the first mail is not due before its end.
  await mails.create({ _id: scene.tenantId, notBefore: new Date(Date.now() + 600_000) })
  const webhookId = await park(150, { description: 'Core ledger' })
  await mails.updateOne({ _id: scene.tenantId }, { notBefore: new Date() })

  const [first] = await smtp.waitFor(address, 1)
  expect(first?.headers.get('subject')).toBe('Herald, A bank: 150 deliveries parked')
  expect(first?.body).toContain(`${webhookId}, Core ledger, at 127.0.0.1:`)
  expect(first?.body).toMatch(/- 150 deliveries parked: attempts exhausted, 2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d/)
  expect(first?.body).toContain(`https://herald.example/v1/deliveries?status=parked&webhookId=${webhookId}`)

  await publish(3)
  const [, second] = await smtp.waitFor(address, 2)
  expect(second?.headers.get('subject')).toBe('Herald, A bank: 3 deliveries parked')
  expect(second?.headers.get('message-id')).not.toBe(first?.headers.get('message-id'))
  expect(Number(second?.receivedAt) - Number(first?.receivedAt)).toBeGreaterThanOrEqual(pace.everyMs - 500)
  expect(smtp.mails.filter(({ to }) => to.includes(OPERATOR))).toEqual([])
})

it('tells what has become of webhooks, and what to do', async () => {
  const address = await people()
  const gone = await scene.receiver(410)
  const webhookId = await scene.subscribe(gone.url)
  await scene.inStatus('parked', await scene.publish(), webhookId)

  const [told] = await smtp.waitFor(address, 1)
  expect(told?.headers.get('subject')).toContain('1 webhook disabled')
  expect(told?.body).toContain('- disabled: answered 410')
  expect(told?.body).toContain(`POST https://herald.example/v1/webhooks/${webhookId}/resume`)
})

it('tells that a change waits for a second person, and not what is in it', async () => {
  const address = await people()
  const webhookId = await scene.subscribe((await scene.receiver()).url)
  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { fourEyes: true })
  const { status, body } = await scene.api<{ approval: { id: string } }>('PATCH', `/v1/webhooks/${webhookId}`, { url: 'http://127.0.0.1:8099/?token=very-secret' })
  expect(status).toBe(202)

  const [told] = await smtp.waitFor(address, 1)
  expect(told?.headers.get('subject')).toBe('Herald, A bank: 1 approval requested')
  expect(told?.body).toContain('- requested: PATCH /v1/webhooks/{id}, 2')
  expect(told?.body).toContain(`https://herald.example/v1/approvals/${body.approval.id}`)
  expect(told?.body).not.toContain('very-secret')
})

it('goes to the people of the settings where the tenant names none, and to nobody where it names nobody', async () => {
  const before = (await smtp.waitFor(OPERATOR, 0)).length
  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { notifyEmails: [] })
  await park(1)
  const { models } = scene.herald.herald.context.store
  await until(async () => (await models.digests.countDocuments({ tenantId: scene.tenantId })) === 0)
  expect(smtp.mails.filter(({ to }) => to.includes(OPERATOR))).toHaveLength(before)

  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { notifyEmails: null })
  await publish(1)
  const mails = await smtp.waitFor(OPERATOR, before + 1)
  expect(mails.at(-1)?.to).toEqual([OPERATOR])
})

it('lets nobody put a header, a line or a secret into a mail', async () => {
  const address = await people()
  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { name: 'A bank\r\nBcc: thief@evil.example\r\n\r\nPay here' })
  const auth = { type: 'basic', username: 'u', password: 'hidden-word' }
  await park(1, { description: 'Ledger\n\nAll is well\u2028Do nothing', auth }, '/very-secret?token=very-secret')

  const [told] = await smtp.waitFor(address, 1)
  expect(told?.to).toEqual([address])
  expect([...(told?.headers.keys() ?? [])]).not.toContain('bcc')
  expect(told?.headers.get('subject')).toBe('Herald, A bank Bcc: thief@evil.example Pay here: 1 delivery parked')
  expect(told?.body.split('\n')).not.toContain('All is well')
  expect(told?.body).toContain('Ledger All is well Do nothing')
  expect(told?.body).not.toMatch(/very-secret|hidden-word|whsec_/)
})

it('keeps what it has to tell while the mail server is away, and parks on', async () => {
  const address = await people()
  const { port } = smtp
  await smtp.close()
  await park(4)
  const metrics = async () => (await fetch(`${scene.herald.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).text()
  const failed = async () => /herald_mails_total\{result="failed"\} [1-9]/.test(await metrics())
  await until(failed)
  await publish(2)
  smtp = await startSmtp({ port })

  const told = await smtp.waitFor(address, 1)
  await until(async () => (await scene.deliveries('status=parked')).length === 6)
  const count = async () => {
    const bodies = (await smtp.waitFor(address, 1)).map(({ body }) => Number(/- (\d+) deliver/.exec(body)?.[1]))
    return bodies.reduce((sum, n) => sum + n, 0) === 6
  }
  await until(count)
  expect(told[0]?.headers.get('auto-submitted')).toBe('auto-generated')
})

it('sends one mail a tenant, whatever the number of processes', async () => {
  const other = await startTestHerald({ config: scene.herald.config })
  try {
    const tenants = Array.from({ length: 12 }, (_, i) => `${scene.tenantId}-${i}`)
    const { models } = scene.herald.herald.context.store
    for (const id of tenants) await scene.herald.api('POST', '/v1/tenants', { id, notifyEmails: [`people@${id}.example`] })
    const at = new Date()
    const about = { aboutId: 'whk_1', type: 'delivery.parked', reason: 'attempts exhausted', count: 1, since: at, until: at, keys: [] }
    await models.digests.insertMany(tenants.map((tenantId) => ({ ...about, _id: `${tenantId}/whk_1/delivery.parked/attempts exhausted`, tenantId })))

    for (const id of tenants) await smtp.waitFor(`people@${id}.example`, 1)
    await until(async () => (await models.digests.countDocuments({ tenantId: { $in: tenants } })) === 0)
    expect(smtp.mails.filter(({ to }) => to.some((address) => address.startsWith(`people@${scene.tenantId}-`)))).toHaveLength(12)
  } finally {
    await other.stop()
  }
})
