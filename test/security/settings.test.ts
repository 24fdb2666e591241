import path from 'node:path'
import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'

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

it.each([
  [{ HERALD_REQUIRE_HTTPS: 'perhaps' }, 'HERALD_REQUIRE_HTTPS'],
  [{ HERALD_OTHER_ENCRYPTION_KEYS: 'too-short-a-canary' }, 'HERALD_OTHER_ENCRYPTION_KEYS: must be keys of 32 bytes'],
  [{ HERALD_WEBHOOK_CA: '/nowhere/ca.pem' }, 'HERALD_WEBHOOK_CA cannot be read'],
  [{ HERALD_WEBHOOK_CA: __filename }, 'HERALD_WEBHOOK_CA'],
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
