import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'

const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
const secrets = { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }
const mailOf = (env: Record<string, string>) => configFrom(readEnv(env), secrets, servers, 'bundle.js').mail

const SMTP = { HERALD_SMTP_URL: 'smtps://herald:very-secret@mail.bank.example:465', HERALD_MAIL_FROM: 'Herald <herald@bank.example>' }

test('mail is off unless it is set', () => {
  expect(mailOf({})).toBeUndefined()
  expect(mailOf({ HERALD_SMTP_URL: '', HERALD_MAIL_FROM: '', HERALD_MAIL_TO: '', HERALD_MAIL_EVERY: '' })).toBeUndefined()
})

test('mail has addresses, a pace and a place to link to', () => {
  const env = { ...SMTP, HERALD_MAIL_TO: 'a@bank.example, b@bank.example', HERALD_MAIL_EVERY: '1h', HERALD_URL: 'https://herald.bank.example/' }
  expect(mailOf(env)).toMatchObject({
    smtpUrl: SMTP.HERALD_SMTP_URL,
    to: ['a@bank.example', 'b@bank.example'],
    publicUrl: 'https://herald.bank.example',
    pace: { everyMs: 3_600_000, gatherMs: 30_000 },
  })
  expect(mailOf(SMTP)).toMatchObject({ to: [], pace: { everyMs: 300_000 } })
})

test.each([
  [{ ...SMTP, HERALD_SMTP_URL: 'http://herald:very-secret@mail' }, 'HERALD_SMTP_URL: must be such as smtps://'],
  [{ ...SMTP, HERALD_MAIL_FROM: 'herald@bank.example\r\nBcc: thief@evil.example' }, 'HERALD_MAIL_FROM: must be an address'],
  [{ ...SMTP, HERALD_MAIL_TO: 'operations' }, 'HERALD_MAIL_TO: must be addresses, separated by commas'],
  [{ ...SMTP, HERALD_MAIL_EVERY: '5 minutes' }, 'HERALD_MAIL_EVERY: must be a duration from 10s to 1d'],
  [{ HERALD_MAIL_TO: 'a@bank.example' }, 'E-mail needs HERALD_SMTP_URL and HERALD_MAIL_FROM'],
])('what cannot be used is refused, with what is allowed and without the password: %j', (env, message) => {
  let error = ''
  try {
    mailOf(env)
  } catch (thrown) {
    error = String(thrown)
  }
  expect(error).toContain(message)
  expect(error).not.toContain('very-secret')
})
