import { configFrom } from '../../src/config'
import { readEnv } from '../../src/env'
import { createAuthority, createFiles, type Authority, type Issued } from '../support/loopback-certificates'
import { createBank } from '../support/bank'
import { startTestHerald, testConfig } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { startTemporalFront, type TemporalFront } from '../support/temporal-front'
import { startTlsMongodb, type TlsMongodb } from '../support/tls-mongodb'

const API_KEY = 'key-of-a-namespace'
const files = createFiles()
let ours: Authority
let theirs: Authority
let herald: Issued
let stranger: Issued
let mongodb: TlsMongodb
let front: TemporalFront

beforeAll(async () => {
  ;[ours, theirs] = await Promise.all([createAuthority('ours'), createAuthority('theirs')])
  ;[herald, stranger] = await Promise.all([ours.issue('herald'), theirs.issue('stranger')])
  files.write('ca.pem', ours.cert)
  files.write('other-ca.pem', theirs.cert)
  files.write('herald.pem', `${herald.cert}\n${herald.key}`)
  files.write('stranger.pem', `${stranger.cert}\n${stranger.key}`)
  front = await startTemporalFront(sharedStack().temporalAddress, { identity: await ours.issue('temporal'), clientCa: ours.cert, apiKey: API_KEY })
  mongodb = await startTlsMongodb(files.directory, ours, files.write)
})
afterAll(async () => {
  await front?.close()
  await mongodb?.stop()
  files.remove()
})

const uri = (options: Record<string, string>): string => `mongodb://${mongodb.host}/?${new URLSearchParams({ replicaSet: 'rs0', ...options }).toString()}`
const inFiles = (ca: string, certificate: string) => ({ tls: 'true', tlsCAFile: `${files.directory}/${ca}`, tlsCertificateKeyFile: `${files.directory}/${certificate}` })
const temporal = (tls: object | undefined, apiKey?: string) => ({ ...testConfig().temporal, address: front.address, ...(tls && { tls }), ...(apiKey !== undefined && { apiKey }) })

it('delivers over servers that demand TLS, client certificates and an API key', async () => {
  const config = testConfig()
  const running = await startTestHerald({
    config: {
      mongodb: { ...config.mongodb, uri: uri(inFiles('ca.pem', 'herald.pem')) },
      temporal: temporal({ ca: ours.cert, ...herald }, API_KEY),
    },
  })
  const receiver = await startReceiver()
  try {
    const bank = createBank(running.api)
    await bank.subscribe(receiver.url)
    expect(await bank.inStatus('delivered', await bank.publish())).toMatchObject({ attemptCount: 1 })
    expect([...front.clients]).toEqual(['herald'])
    expect((await running.api('GET', '/readyz')).body).toEqual({ status: 'ready', mongodb: true, temporal: true })
  } finally {
    await running.stop()
    await receiver.close()
  }
})

/** What a start with each of these is refused with. */
const refusals = (configs: object[]): Promise<string[]> =>
  Promise.all(configs.map((config) => startTestHerald({ config }).then(() => 'it started', (error: Error) => `${error.name}: ${error.message}`)))

it('says what to do where MongoDB and Herald do not know each other', async () => {
  const at = `SettingsError: MongoDB at ${mongodb.host} cannot be used:`
  const withPassword = uri({ tls: 'true', authSource: 'admin' }).replace('://', '://herald:canary@')
  const uris = [uri({}), withPassword, uri(inFiles('other-ca.pem', 'herald.pem')), uri(inFiles('ca.pem', 'stranger.pem')), uri({ tls: 'true', tlsCAFile: `${files.directory}/ca.pem` }), uri(inFiles('ca.pem', 'none.pem'))]
  const said = await refusals(uris.map((each) => ({ mongodb: { ...testConfig().mongodb, uri: each } })))
  expect(said).toEqual([
    expect.stringMatching(/closed\. It may demand TLS \(tls=true in MONGODB_URI\)/),
    expect.stringMatching(/self-signed certificate in certificate chain\. Add to MONGODB_URI tlsCAFile/),
    expect.stringMatching(/self-signed certificate in certificate chain\. Add to MONGODB_URI tlsCAFile/),
    expect.stringMatching(/closed\. It may .*a client certificate of an authority that it knows \(tlsCertificateKeyFile/),
    expect.stringMatching(/closed\. It may .*a client certificate/),
    expect.stringMatching(/no such file or directory.*none\.pem.* by tlsCAFile and tlsCertificateKeyFile/),
  ])
  for (const each of said) expect([each, each.startsWith(at), each.includes('canary')]).toEqual([each, true, false])
})

it('says what to do where Temporal and Herald do not know each other', async () => {
  const said = await refusals(
    [
      temporal(undefined),
      temporal({}, API_KEY),
      temporal({ ca: theirs.cert, ...herald }, API_KEY),
      temporal({ ca: ours.cert, ...herald, serverName: 'other.example' }, API_KEY),
      temporal({ ca: ours.cert }, API_KEY),
      temporal({ ca: ours.cert, ...stranger }, API_KEY),
      temporal({ ca: ours.cert, ...herald }, 'another'),
      temporal({ ca: ours.cert, ...herald }),
    ].map((each) => ({ temporal: each })),
  )
  expect(said).toEqual(
    [
      'does it demand TLS\\? Then set TEMPORAL_TLS=true',
      'its certificate is not one that Herald can trust. TEMPORAL_TLS_CA names',
      'its certificate is not one that Herald can trust. TEMPORAL_TLS_CA names',
      'TEMPORAL_TLS_SERVER_NAME the name in it',
      'it asks for a client certificate. Set TEMPORAL_TLS_CERT',
      'it does not take the client certificate. Does it know the authority',
      'it does not take the key in TEMPORAL_API_KEY',
      'it asks for a key. Set TEMPORAL_API_KEY',
    ].map((text) => expect.stringMatching(new RegExp(`SettingsError: Temporal at ${front.address} cannot be used: .*${text}`))),
  )
})

it('refuses settings of TLS to Temporal that cannot be right', () => {
  const servers = { mongodbUri: 'mongodb://127.0.0.1', temporalAddress: '127.0.0.1:7233', ports: [], embedded: false }
  const read = (env: Record<string, string>) => configFrom(readEnv(env), { adminKey: 'of a test', encryptionKey: Buffer.alloc(32), adminKeyIsNew: false }, servers, 'bundle.js').temporal.tls
  const { cert, key } = herald
  expect(read({ TEMPORAL_TLS_CA: `${files.directory}/ca.pem`, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_SERVER_NAME: 'temporal' })).toEqual({ ca: ours.cert, cert, key, serverName: 'temporal' })
  expect(read({ TEMPORAL_API_KEY: 'k' })).toEqual({})
  expect(() => read({ TEMPORAL_TLS_CA: 'garbage' })).toThrow('TEMPORAL_TLS_CA cannot be read')
  expect(() => read({ TEMPORAL_TLS_CERT: cert })).toThrow('TEMPORAL_TLS_CERT, a certificate with its chain, needs TEMPORAL_TLS_KEY')
  expect(() => read({ TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: stranger.key })).toThrow('TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY cannot be used')
})
