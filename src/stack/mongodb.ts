import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { mongo } from 'mongoose'
import { z } from 'zod'
import { StackError } from './errors'
import type { Obtained } from './obtain'
import { waitForPort } from './ports'
import type { ServerSpec } from './supervise'

export interface MongodbSettings {
  program: Obtained
  directory: string
  port: number
}

const USER = 'herald'
const REPLICA_SET = 'rs0'

/** A replica set of one node: what Herald asks of MongoDB (majority, transactions) is there. */
export function mongodbServer({ program, directory, port }: MongodbSettings): ServerSpec {
  const data = join(directory, 'data')
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const keyFile = secretFile(join(directory, 'key'), () => randomBytes(567).toString('base64'))
  return {
    name: 'MongoDB',
    command: program.path,
    variables: program.variables,
    directory,
    args: [
      `--dbpath=${data}`,
      `--port=${port}`,
      '--bind_ip=127.0.0.1',
      '--nounixsocket',
      `--replSet=${REPLICA_SET}`,
      `--keyFile=${keyFile}`,
      '--wiredTigerCacheSizeGB=0.5',
      '--quiet',
      // zlib is what CVE-2025-14847 needs, and 8.2.0 is what npm has.
      '--networkMessageCompressors=snappy,zstd',
      '--setParameter=diagnosticDataCollectionEnabled=false',
      '--setParameter=shutdownTimeoutMillisForSignaledShutdown=500',
    ],
    ready: (signal) => ready(directory, port, signal),
  }
}

/** How Herald reaches it. Only whoever may read the data directory knows the password. */
export function mongodbUri(directory: string, port: number): string {
  return `mongodb://${USER}:${password(directory)}@127.0.0.1:${port}/herald?authSource=admin&replicaSet=${REPLICA_SET}`
}

async function ready(directory: string, port: number, signal: AbortSignal): Promise<void> {
  await waitForPort(port, signal)
  // The driver's own `await import('os')` does not work under jest.
  const local = { directConnection: true, serverSelectionTimeoutMS: 30_000, runtimeAdapters: { os } }
  const anyone = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/`, local)
  const herald = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/`, {
    ...local,
    auth: { username: USER, password: password(directory) },
    authSource: 'admin',
  })
  try {
    const admin = anyone.db('admin')
    const host = `127.0.0.1:${port}`
    const known = await signIn(herald)
    if (known) await moveTo(herald.db('admin'), host, signal)
    else await initiate(admin, host, directory)
    await becomePrimary(admin, signal)
    if (!known) await createUser(admin, directory)
  } finally {
    await Promise.all([anyone.close(), herald.close()])
  }
}

/** Before the first start nobody has a password; MongoDB then lets loopback set up both. */
async function initiate(admin: mongo.Db, host: string, directory: string): Promise<void> {
  const answer = await answerOf(admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } }))
  // AlreadyInitialized: an earlier start was killed before it made the user.
  if (answer !== 'ok' && answer !== 'AlreadyInitialized') throw wrongPassword(directory)
}

async function signIn(client: mongo.MongoClient): Promise<boolean> {
  return (await answerOf(client.db('admin').command({ connectionStatus: 1 }))) !== 'AuthenticationFailed'
}

/** The node is a member of its own set under the port of an earlier start. */
async function moveTo(admin: mongo.Db, host: string, signal: AbortSignal): Promise<void> {
  // It answers commands a moment before it has read its own configuration.
  while ((await answerOf(admin.command({ replSetGetConfig: 1 }))) === 'NotYetInitialized') await pause(signal)
  const { config } = replicaSetConfig.parse(await admin.command({ replSetGetConfig: 1 }))
  const [member] = config.members
  if (!member || member.host === host) return
  const members = [{ ...member, host }]
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true })
}

const replicaSetConfig = z.object({
  config: z.looseObject({ version: z.number(), members: z.array(z.looseObject({ host: z.string() })) }),
})

async function becomePrimary(admin: mongo.Db, signal: AbortSignal): Promise<void> {
  while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) await pause(signal)
}

async function pause(signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new Error('its replica set did not come up')
  await new Promise((resolve) => setTimeout(resolve, 50))
}

async function createUser(admin: mongo.Db, directory: string): Promise<void> {
  const answer = await answerOf(admin.command({ createUser: USER, pwd: password(directory), roles: ['root'] }))
  if (answer !== 'ok') throw wrongPassword(directory)
}

function wrongPassword(directory: string): StackError {
  return new StackError(
    `MongoDB's data in ${directory} has another password than the one in ${passwordFile(directory)}: ` +
      'put the right file back, or start with another HERALD_DATA_DIR.',
  )
}

async function answerOf(command: Promise<unknown>): Promise<string> {
  try {
    await command
    return 'ok'
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.codeName) return error.codeName
    throw error
  }
}

function password(directory: string): string {
  return readFileSync(secretFile(passwordFile(directory), () => randomBytes(24).toString('base64url')), 'utf8').trim()
}

function passwordFile(directory: string): string {
  return join(directory, 'password')
}

/** Made once; whole or not there, since a crash may come at any time. */
function secretFile(path: string, make: () => string): string {
  if (existsSync(path)) return path
  const partial = `${path}.partial`
  writeFileSync(partial, make(), { mode: 0o600, flush: true })
  renameSync(partial, path)
  return path
}
