import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'
import { createAuthority, type Issued } from '../support/certificates'
import { createFiles } from '../support/loopback-certificates'

const stack = { mongodbUri: 'mongodb://herald:canary@127.0.0.1:27017/?replicaSet=rs0', temporalAddress: '127.0.0.1:7233', temporalUiUrl: 'http://127.0.0.1:8233', ports: [], embedded: true }
const servers = { mongodbUri: '', temporalAddress: '', ports: [], embedded: false }
const secrets = { adminKey: 'canary canary canary canary', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }

const settingsOf = (env: Record<string, string>, from = servers) =>
  new Map(configFrom(readEnv(env), secrets, from, 'bundle.js').settings.map((setting) => [setting.name, setting]))

let files: ReturnType<typeof createFiles>
let [caFile, client]: [string, Issued] = ['', { certificate: '', key: '', serialNumber: '' }]
beforeAll(async () => {
  const authority = await createAuthority()
  files = createFiles()
  caFile = files.write('ca.pem', authority.certificate)
  client = await authority.issue({ client: true })
})
afterAll(() => files.remove())

test('each setting says what holds, and that it is a default, of the environment, of a file, or of a server that Herald has started', () => {
  const shown = settingsOf({ PORT: '3001', HERALD_DATA_DIR: '/data', TEMPORAL_TLS_CA: caFile, HERALD_MAIL_TO: '' }, stack)
  expect(shown.get('PORT')).toMatchObject({ source: 'environment', isSet: true, value: '3001' })
  expect(shown.get('HOST')).toMatchObject({ source: 'default', isSet: true, value: '127.0.0.1' })
  expect(shown.get('HERALD_SESSION_IDLE')).toMatchObject({ source: 'default', value: '30m' })
  expect(shown.get('HERALD_MAIL_TO')).toMatchObject({ source: 'default', isSet: false })
  expect(shown.get('TEMPORAL_TLS_CA')).toMatchObject({ source: 'file', isSet: true, file: caFile })
  expect(shown.get('HERALD_ADMIN_KEY')).toMatchObject({ source: 'file', isSecret: true, isSet: true, file: '/data/admin-key' })
  expect(shown.get('MONGODB_URI')).toMatchObject({ source: 'started', value: 'mongodb://127.0.0.1:27017/' })
  expect(shown.get('HERALD_ALLOW_TARGETS')).toMatchObject({ source: 'started', value: '127.0.0.0/8, ::1/128' })
})

test('no setting tells a secret', () => {
  const key = Buffer.from('canary-canary-canary-canary-cana').toString('base64')
  const shown = settingsOf({
    HERALD_ADMIN_KEY: 'canary-canary-canary',
    HERALD_ENCRYPTION_KEY: key,
    HERALD_OTHER_ENCRYPTION_KEYS: key,
    HERALD_PAYLOAD_KEY: key,
    HERALD_URL: 'https://herald.bank.example',
    HERALD_OIDC_ISSUER: 'https://login.bank.example',
    HERALD_OIDC_CLIENT_ID: 'herald',
    HERALD_OIDC_CLIENT_SECRET: 'canary',
    HERALD_SMTP_URL: 'smtps://canary:canary@mail.bank.example:465',
    HERALD_MAIL_FROM: 'herald@bank.example',
    MONGODB_URI: 'mongodb+srv://canary:canary%40@db.bank.example/herald?tls=true&tlsCertificateKeyFilePassword=canary',
    TEMPORAL_API_KEY: 'canary',
    TEMPORAL_TLS_CERT: client.certificate,
    TEMPORAL_TLS_KEY: client.key,
  })
  expect(JSON.stringify([...shown.values()])).not.toMatch(new RegExp(`canary|${key}|PRIVATE`))
  expect(shown.get('HERALD_SMTP_URL')?.value).toBe('smtps://mail.bank.example:465')
  expect(shown.get('MONGODB_URI')?.value).toBe('mongodb+srv://db.bank.example/herald')
  expect(shown.get('TEMPORAL_API_KEY')).toMatchObject({ isSecret: true, isSet: true, source: 'environment' })
  expect(shown.get('HERALD_PAYLOAD_KEY')).not.toHaveProperty('value')
})
