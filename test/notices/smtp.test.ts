import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createSendMail } from '../../src/notices/smtp'
import { startSmtp, type TestSmtp } from '../support/smtp'

const from = 'Herald <herald@herald.example>'
const MAIL = { to: ['people@bank.example'], subject: 'Herald', text: 'Parked: 1.', messageId: '<1@herald>' }

const pem = readFileSync(path.join(__dirname, '../delivery/fixtures/receiver.test.pem'), 'utf8')

let smtp: TestSmtp | undefined
afterEach(() => smtp?.close())

const passwords: string[] = []
const onAuth = ({ username, password }: { username?: string; password?: string | null }, _: unknown, done: (error: Error | null, answer?: { user: string }) => void) => {
  passwords.push(`${username}:${password}`)
  done(null, { user: String(username) })
}

test('a mail goes over TLS, with a password that is written into the URL', async () => {
  smtp = await startSmtp({ secure: true, key: pem, cert: pem, authOptional: false, onAuth })
  // The test server's certificate is its own; a bank's is checked.
  const send = createSendMail({ smtpUrl: `smtps://herald:p%40ss@127.0.0.1:${smtp.port}/?tls.rejectUnauthorized=false`, from })

  expect(await send(MAIL)).toEqual({ refused: [] })

  expect(passwords.pop()).toBe('herald:p@ss')
  expect(smtp.mails).toMatchObject([{ to: MAIL.to, body: expect.stringContaining('Parked: 1.') }])
  expect(smtp.mails[0]?.headers.get('message-id')).toBe('<1@herald>')
  const checking = createSendMail({ smtpUrl: `smtps://herald:p%40ss@127.0.0.1:${smtp.port}`, from })
  await expect(checking(MAIL)).rejects.toThrow(/certificate/)
})

test('no password goes to a server that offers no TLS', async () => {
  smtp = await startSmtp({ authOptional: false, allowInsecureAuth: true, onAuth })
  const send = createSendMail({ smtpUrl: `smtp://herald:secret@127.0.0.1:${smtp.port}`, from })

  await expect(send(MAIL)).rejects.toThrow()

  expect(passwords).toEqual([])
  expect(smtp.mails).toEqual([])
})

test('an address that the server refuses does not keep the others from theirs', async () => {
  smtp = await startSmtp({
    onRcptTo: ({ address }, _, done) => done(address.startsWith('gone') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
  })
  const send = createSendMail({ smtpUrl: `smtp://127.0.0.1:${smtp.port}`, from })

  expect(await send({ ...MAIL, to: ['gone@bank.example', 'people@bank.example'] })).toEqual({ refused: ['gone@bank.example'] })
  expect(smtp.mails.map(({ to }) => to)).toEqual([['people@bank.example']])
  await expect(send({ ...MAIL, to: ['gone@bank.example'] })).rejects.toThrow()
})
