import path from 'node:path'
import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'
import { createAuthority } from '../support/certificates'

const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
const secrets = { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }
const config = (env: Record<string, string>) => configFrom(readEnv(env), secrets, servers, 'bundle.js')
const key = Buffer.alloc(32, 1)

it('reads what makes Herald stricter', () => {
  expect(config({})).toMatchObject({ requireHttps: false, otherEncryptionKeys: [] })
  expect(config({ HERALD_REQUIRE_HTTPS: 'true' }).requireHttps).toBe(true)
  expect(config({ HERALD_OTHER_ENCRYPTION_KEYS: `${key.toString('base64')}, ${key.toString('hex')}` }).otherEncryptionKeys).toEqual([key, key])
  const file = path.join(__dirname, '../delivery/fixtures/receiver.test.pem')
  expect(config({ HERALD_WEBHOOK_CA: file }).webhookCa).toContain('-----BEGIN CERTIFICATE-----')
})

it('reads all the lists of what was revoked', async () => {
  const [first, second] = await Promise.all(['One', 'Two'].map(async (name) => (await createAuthority(name)).revoking([])))
  expect(config({ HERALD_WEBHOOK_CRL: `${first}\n${second}\n` }).webhookCrl?.map((list) => list.trim())).toEqual([first, second])
})

it.each([
  [{ HERALD_REQUIRE_HTTPS: 'perhaps' }, 'HERALD_REQUIRE_HTTPS'],
  [{ HERALD_OTHER_ENCRYPTION_KEYS: 'too-short-a-canary' }, 'HERALD_OTHER_ENCRYPTION_KEYS: must be keys of 32 bytes'],
  [{ HERALD_WEBHOOK_CA: '/nowhere/ca.pem' }, 'HERALD_WEBHOOK_CA cannot be read'],
  [{ HERALD_WEBHOOK_CA: __filename }, 'HERALD_WEBHOOK_CA'],
  [{ HERALD_WEBHOOK_CA: 'canary' }, 'HERALD_WEBHOOK_CA cannot be read: ENOENT'],
  [{ HERALD_WEBHOOK_CRL: 'canary' }, 'HERALD_WEBHOOK_CRL cannot be read: ENOENT'],
  [{ HERALD_TLS_CERT: path.join(__dirname, '../delivery/fixtures/receiver.test.pem'), HERALD_TLS_KEY: 'canary' }, 'HERALD_TLS_CERT and HERALD_TLS_KEY cannot be used: ENOENT'],
  [{ HERALD_EGRESS_PROXY: 'socks5://u:canary@proxy:1080' }, 'HERALD_EGRESS_PROXY: must be such as'],
  [{ HERALD_EGRESS_PROXY: 'http://u:canary@proxy/path' }, 'HERALD_EGRESS_PROXY: must be such as'],
  [{ HERALD_EGRESS_PROXY: 'http://u:canary%zz@proxy:3128' }, 'HERALD_EGRESS_PROXY: must be such as'],
  [{ HERALD_WEBHOOK_CRL: `${__dirname}/tally.ts` }, 'HERALD_WEBHOOK_CRL must be lists'],
  [{ HERALD_WEBHOOK_CRL: '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----' }, 'HERALD_WEBHOOK_CRL cannot be read'],
])('refuses what cannot be used and says what is allowed: %j', (env, message) => {
  let error = ''
  try {
    config(env)
  } catch (thrown) {
    error = String(thrown)
  }
  expect(error).toContain(message)
  expect(error).not.toContain('canary')
})
