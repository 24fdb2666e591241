import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Connection } from '@temporalio/client'
import { mongo } from 'mongoose'
import { cacheDir, readEnv } from '../../src/env'
import { obtainMongod, obtainTemporal, startStack, type Stack, type StackOptions } from '../../src/stack'
import { isAlive } from '../../src/stack/process-info'
import { failureOf, temporaryDirectory } from './download-site'

const cache = cacheDir(readEnv())

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 40_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function withMongo<T>(uri: string, act: (db: mongo.Db) => Promise<T>): Promise<T> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 30_000, runtimeAdapters: { os } })
  try {
    return await act(client.db())
  } finally {
    await client.close()
  }
}

async function withTemporal<T>(address: string, act: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address })
  try {
    return await act(connection)
  } finally {
    await connection.close()
  }
}

describe('the stack', () => {
  const directory = temporaryDirectory()
  let lines: string[] = []
  let stack: Stack | undefined
  let parent: ChildProcess | undefined
  let other: Server | undefined
  const options = {
    dataDir: join(directory.path, 'data'),
    cacheDir: cache,
    temporalNamespace: 'default',
    searchAttributes: { HeraldTenant: 'Keyword' },
    temporalPort: 0,
    temporalUiPort: 0,
    mongodbPort: 0,
    report: (line) => void lines.push(line),
  } satisfies StackOptions

  beforeAll(async () => {
    const report = (line: string): void => void process.stderr.write(`${line}\n`)
    await Promise.all([obtainTemporal({ cacheDir: cache, report }), obtainMongod({ cacheDir: cache, report })])
  }, 1_800_000)
  beforeEach(() => {
    lines = []
  })
  afterEach(async () => {
    await stack?.stop()
    stack = undefined
    if (parent?.exitCode === null && parent.signalCode === null) {
      parent.kill('SIGTERM')
      await once(parent, 'exit')
    }
    parent = undefined
    other?.close()
  })
  afterAll(directory.remove)

  /** Ended after the test, whatever becomes of it. */
  async function start(more: Partial<StackOptions> = {}): Promise<Stack> {
    stack = await startStack({ ...options, ...more })
    return stack
  }

  /** Of what was said; not that a port was lost to another test, and a server started again. */
  const told = (): string[] => lines.filter((line) => !line.endsWith('Starting it again'))

  /** A stack in a process of its own, which the test may kill. */
  async function startParent(more: Partial<StackOptions> = {}): Promise<Stack> {
    const args = ['--require', join(__dirname, 'typescript.cjs'), join(__dirname, 'parent.ts'), JSON.stringify({ ...options, ...more })]
    parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: parent.stdout ?? process.stdin }), 'line')
    return JSON.parse(String(line))
  }

  it('starts quickly from the cache, quietly, and ends all that it started', async () => {
    const begun = Date.now()
    const { pids, stop } = await startStack(options)
    expect(Date.now() - begun).toBeLessThan(10_000)
    expect(told()).toEqual([])
    await stop()
    expect([pids.temporal, pids.mongodb].map((pid) => isAlive(pid ?? 0))).toEqual([false, false])
  })

  it('keeps its data and its password, also under other ports, and learns new search attributes', async () => {
    const first = await startStack(options)
    await withMongo(first.mongodbUri, (db) => db.collection<{ _id: string }>('kept').insertOne({ _id: 'a' }, { writeConcern: { w: 'majority', journal: true } }))
    await first.stop()
    stack = await start({ searchAttributes: { HeraldTenant: 'Keyword', HeraldLater: 'KeywordList' } })
    expect(stack.mongodbUri).not.toBe(first.mongodbUri)
    expect(await withMongo(stack.mongodbUri, (db) => db.collection<{ _id: string }>('kept').findOne())).toEqual({ _id: 'a' })
    const attributes = await withTemporal(stack.temporalAddress, ({ operatorService }) => operatorService.listSearchAttributes({ namespace: 'default' }))
    expect(attributes.customAttributes).toMatchObject({ HeraldTenant: 2, HeraldLater: 7 })
  })

  it('lets nobody without the password into MongoDB', async () => {
    stack = await start()
    const open = stack.mongodbUri.replace(/herald:[^@]*@/, '')
    await expect(withMongo(open, (db) => db.collection('kept').findOne())).rejects.toThrow(/requires authentication/)
  })

  it('keeps closed workflows for longer than a day', async () => {
    stack = await start()
    const { config } = await withTemporal(stack.temporalAddress, ({ workflowService }) => workflowService.describeNamespace({ namespace: 'default' }))
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600)
  })

  it('serves another namespace than the default one', async () => {
    stack = await start({ temporalNamespace: 'bank', mongodbUri: 'mongodb://elsewhere/' })
    expect(stack.mongodbUri).toBe('mongodb://elsewhere/')
    expect(stack.pids.mongodb).toBeUndefined()
    const attributes = await withTemporal(stack.temporalAddress, ({ operatorService }) => operatorService.listSearchAttributes({ namespace: 'bank' }))
    expect(attributes.customAttributes).toMatchObject({ HeraldTenant: 2 })
  })

  it.each(['mongodb', 'temporal'] as const)('restarts %s after a kill -9, at the same address', async (name) => {
    const restarts: string[] = []
    stack = await start({ onServerRestart: (server) => void restarts.push(server) })
    const before = stack.pids[name] ?? 0
    process.kill(before, 'SIGKILL')
    await until('a restart', () => restarts.length > 0)
    expect(stack.pids[name]).not.toBe(before)
    expect(lines.join('\n')).toMatch(/ended unexpectedly \(by SIGKILL\), starting it again\n.* runs again/)
    await withMongo(stack.mongodbUri, (db) => db.collection<{ _id: number }>('after').insertOne({ _id: before }))
    await withTemporal(stack.temporalAddress, ({ workflowService }) => workflowService.getSystemInfo({}))
    expect(stack.ports).toContain(Number(stack.temporalAddress.split(':')[1]))
  })

  it('names every port that its servers listen on', async () => {
    stack = await start()
    const named = [stack.temporalAddress, stack.temporalUiUrl, /@([^/]+)/.exec(stack.mongodbUri)?.[1]]
    expect(stack.ports).toEqual(expect.arrayContaining(named.map((address) => Number(address?.split(':').at(-1)))))
    expect(stack.ports.length).toBeGreaterThan(named.length)
  })

  it('takes another port when one is taken, and says so', async () => {
    other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const taken = typeof address === 'object' ? address?.port : undefined
    stack = await start({ mongodbPort: taken ?? 0 })
    expect(told()).toEqual([expect.stringMatching(`MongoDB: port ${taken} is taken by another program, using \\d+`)])
    await withMongo(stack.mongodbUri, (db) => db.command({ ping: 1 }))
  })

  it('is had by one Herald per data directory', async () => {
    const first = await startParent()
    expect(await failureOf(startStack(options))).toContain(`Another Herald (process ${parent?.pid}) already runs with the data in`)
    expect(isAlive(first.pids.mongodb ?? 0)).toBe(true)
  })

  it('leaves no server behind after a kill -9 of its process, and starts again with its data', async () => {
    const first = await startParent()
    await withMongo(first.mongodbUri, (db) => db.collection<{ _id: string }>('orphan').insertOne({ _id: 'a' }))
    parent?.kill('SIGKILL')
    await until('the end of both servers', () => !isAlive(first.pids.mongodb ?? 0) && !isAlive(first.pids.temporal ?? 0))
    stack = await start()
    expect(await withMongo(stack.mongodbUri, (db) => db.collection('orphan').countDocuments())).toBe(1)
  })

  it('starts again at once after a kill -9, while its old servers are still ending', async () => {
    await startParent()
    const gone = parent && once(parent, 'exit')
    parent?.kill('SIGKILL')
    await gone
    stack = await start()
    await withMongo(stack.mongodbUri, (db) => db.command({ ping: 1 }))
  })

  it('says what a server said when it does not start, and ends the other one', async () => {
    const dataDir = join(directory.path, 'broken')
    await (await startStack({ ...options, dataDir })).stop()
    const database = join(dataDir, 'temporal', 'temporal.db')
    rmSync(`${database}-wal`, { force: true })
    writeFileSync(database, 'not a database'.repeat(1000))
    const failure = await failureOf(start({ dataDir }))
    expect(failure).toMatch(/StackError: Temporal did not start \(.*\)\. It said: .*not a database/)
    expect(failure).toContain(join(dataDir, 'temporal', 'server.log'))
    await (await startStack({ ...options, dataDir, temporalAddress: 'elsewhere:7233' })).stop()
  })
})
