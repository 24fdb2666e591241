import { readFileSync } from 'node:fs'
import path from 'node:path'
import { runInNewContext } from 'node:vm'
import { mongo } from 'mongoose'
import { ADMIN_KEY, createApi, startTestHerald, testConfig, type TestHerald } from '../support/herald'
import { createBank } from '../support/bank'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'

interface Privilege {
  resource: { db: string; collection: string }
  actions: string[]
}

/** What the script has MongoDB make, of a deployment that is new. */
function rightsOf(script: string): Privilege[] {
  const roles: { privileges: Privilege[] }[] = []
  const admin = { adminCommand: () => undefined, getRole: () => null, createRole: (role: { privileges: Privilege[] }) => roles.push(role), getUser: () => null, createUser: () => undefined }
  const env = { MONGODB_MEMBERS: 'a:1', MONGODB_ROOT_PASSWORD: 'r', MONGODB_PASSWORD: 'p' }
  runInNewContext(readFileSync(path.resolve(__dirname, '../../deploy/mongodb', script), 'utf8'), { connect: () => admin, print: () => undefined, process: { env }, encodeURIComponent })
  return roles.flatMap(({ privileges }) => privileges)
}

const config = testConfig()
const { database } = config.mongodb
const rights = rightsOf('setup.js')
let root: mongo.MongoClient
let own: mongo.MongoClient
let herald: TestHerald

beforeAll(async () => {
  root = new mongo.MongoClient(sharedStack().mongodbUri)
  const admin = root.db('admin')
  const privileges = rights.map(({ resource, actions }) => ({ resource: { ...resource, db: database }, actions: [...actions] }))
  await admin.command({ createRole: database, privileges, roles: [] })
  await admin.command({ createUser: database, pwd: 'of-a-test', roles: [database] })
  const uri = Object.assign(new URL(sharedStack().mongodbUri), { username: database, password: 'of-a-test' }).href
  own = new mongo.MongoClient(uri)
  herald = await startTestHerald({ config: { ...config, mongodb: { uri, database } } })
})
afterAll(async () => {
  await herald?.stop()
  await own?.close()
  await root?.db('admin').command({ dropUser: database })
  await root?.db('admin').command({ dropRole: database })
  await root?.close()
})

it('the rights that a deployment gives Herald name every collection', () => {
  const { hot: _driver, ...models } = herald.herald.context.store.models
  expect(rights.map(({ resource }) => resource.collection).toSorted()).toEqual(Object.keys(models).toSorted())
})

it('Herald works with them, and can change or remove no line of the audit log', async () => {
  const api = createApi(herald.url, ADMIN_KEY)
  const bank = createBank(api)
  const receiver = await startReceiver()
  await bank.subscribe(receiver.url)
  await bank.inStatus('delivered', await bank.publish())
  await receiver.close()
  // What asks MongoDB otherwise than by a collection's own reads and writes.
  const window = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date().toISOString()}`
  const statistics = await api('GET', `/v1/stats?${window}`)
  expect([statistics.status, statistics.body]).toEqual([200, expect.anything()])
  const lines = own.db(database).collection('auditLines')
  expect(await lines.countDocuments()).toBeGreaterThan(1)

  const tries = {
    change: () => lines.updateOne({}, { $set: { action: 'nothing' } }),
    replace: () => lines.findOneAndReplace({}, { action: 'nothing' }),
    remove: () => lines.deleteMany({}),
    drop: () => lines.drop(),
    rename: () => lines.rename('others', { dropTarget: true }),
    'write over': () => lines.aggregate([{ $out: 'auditLines' }]).toArray(),
    merge: () => lines.aggregate([{ $set: { action: 'nothing' } }, { $merge: { into: 'auditLines' } }]).toArray(),
    expire: () => own.db(database).command({ collMod: 'auditLines', index: { keyPattern: { tenantId: 1, at: 1 }, expireAfterSeconds: 1 } }),
  }
  for (const [name, tried] of Object.entries(tries)) {
    const outcome: unknown = await tried().then(() => 'done', ({ codeName }: { codeName?: string }) => codeName)
    expect([name, outcome]).toEqual([name, 'Unauthorized'])
  }
})
