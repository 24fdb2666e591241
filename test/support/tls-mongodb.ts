import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { mongo } from 'mongoose'
import { cacheDir, readEnv } from '../../src/env'
import { obtainMongod } from '../../src/stack'
import { choosePort, waitForPort } from '../../src/stack/ports'
import type { Authority } from './loopback-certificates'

export interface TlsMongodb {
  host: string
  stop: () => Promise<void>
}

/** A replica set of one node that takes no connection without TLS, and none without a client certificate. */
export async function startTlsMongodb(directory: string, authority: Authority, write: (name: string, text: string) => string): Promise<TlsMongodb> {
  const { path: program, variables } = await obtainMongod({ cacheDir: cacheDir(readEnv()), report: () => undefined })
  const port = await choosePort('MongoDB', 0, () => undefined)
  const [own, admin] = [await authority.issue('mongod'), await authority.issue('of the test')]
  const dbpath = path.join(directory, 'data')
  mkdirSync(dbpath)
  const files = [`--tlsCertificateKeyFile=${write('mongod.pem', own.cert + '\n' + own.key)}`, `--tlsCAFile=${write('mongod-ca.pem', authority.cert)}`]
  const args = ['--tlsMode=requireTLS', ...files, `--dbpath=${dbpath}`, `--port=${port}`, '--bind_ip=127.0.0.1', '--nounixsocket', '--replSet=rs0', '--wiredTigerCacheSizeGB=0.25', '--quiet', '--setParameter=diagnosticDataCollectionEnabled=false']
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...variables } })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  try {
    await waitForPort(port, AbortSignal.timeout(30_000))
    const host = `127.0.0.1:${port}`
    const client = new mongo.MongoClient(`mongodb://${host}/?directConnection=true`, {
      tls: true,
      tlsCAFile: path.join(directory, 'mongod-ca.pem'),
      tlsCertificateKeyFile: write('admin.pem', admin.cert + '\n' + admin.key),
      runtimeAdapters: { os },
    })
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } })
    await client.close()
    return { host, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
