import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir, readEnv } from '../../src/env'
import { obtainTemporal, type SourceUrls } from '../../src/stack'
import { temporalBuild, thisPlatform } from '../../src/stack/platform'
import { TEMPORAL_VERSION } from '../../src/stack/sources'
import { archiveOf, environment, failureOf, openSite, serving, sha256Of, temporaryDirectory, writeProgram, type Answer, type Site } from './download-site'

const VERSION = 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)'
const build = temporalBuild(thisPlatform()) ?? ''
const archive = archiveOf('temporal', VERSION)
const archivePath = `/v${TEMPORAL_VERSION}/temporal_cli_${TEMPORAL_VERSION}_${build}.tar.gz`

describe('finding Temporal', () => {
  const directory = temporaryDirectory()
  let lines: string[] = []
  let site: Site | undefined
  let caches = 0
  let cache = ''
  const nothing = join(directory.path, 'nothing')
  const report = (line: string): void => void lines.push(line)

  beforeEach(() => {
    lines = []
    cache = join(directory.path, `cache-${(caches += 1)}`)
    mkdirSync(nothing, { recursive: true })
  })
  afterEach(() => site?.close())
  afterAll(directory.remove)

  /** Only what the tests put there is on PATH, besides the system's own tools. */
  async function sources(answer?: Answer, onPath = nothing): Promise<Partial<SourceUrls>> {
    site = await openSite(answer ? { [archivePath]: answer } : {})
    const path = `${onPath}:/usr/bin:/bin`
    return { temporalReleases: site.url, temporalSha256: { [build]: sha256Of(archive) }, path }
  }

  /** This machine's Go, if there is one, as if it had never loaded a module. */
  function goWithoutModules(): string {
    const go = environment['PATH']?.split(':').find((part) => existsSync(join(part, 'go')))
    const bin = join(directory.path, 'go')
    mkdirSync(bin, { recursive: true })
    const script = `#!/bin/sh\nGOMODCACHE='${bin}/modules' exec '${go}/go' "$@"\n`
    if (go) writeFileSync(join(bin, 'go'), script, { mode: 0o755 })
    return bin
  }

  it('takes the one on PATH first', async () => {
    const bin = join(directory.path, 'bin')
    writeProgram(join(bin, 'temporal'), VERSION)
    const found = await obtainTemporal({ cacheDir: cache, report, sources: await sources(serving(archive), bin) })
    expect(found).toEqual({ path: join(bin, 'temporal'), source: 'path', variables: {} })
    expect(site?.requests).toEqual([])
  })

  it('passes over one on PATH that is too old, and says so', async () => {
    const bin = join(directory.path, 'old')
    writeProgram(join(bin, 'temporal'), 'temporal version 0.11.0 (server 1.22.5) (ui 2.24.0)')
    const found = await obtainTemporal({ cacheDir: cache, report, sources: await sources(serving(archive), bin) })
    expect(found.source).toBe('official')
    expect(lines[0]).toMatch(/is passed over \(it is ".*", Herald needs server 1.27 or newer\)/)
  })

  it('downloads it once, and takes it from the cache from then on', async () => {
    const from = await sources(serving(archive))
    const first = await obtainTemporal({ cacheDir: cache, report, sources: from })
    expect(execFileSync(first.path, ['--version'], { encoding: 'utf8' }).trim()).toBe(VERSION)
    expect(readFileSync(join(dirname(first.path), 'source'), 'utf8')).toBe('official\n')
    lines = []
    expect(await obtainTemporal({ cacheDir: cache, report, sources: from })).toEqual(first)
    expect(site?.requests).toHaveLength(1)
    expect(lines).toEqual([])
    expect(readdirSync(join(cache, 'downloads'))).toEqual([])
  })

  it('downloads it once for two starts at the same time; the second says that it waits', async () => {
    const from = await sources((response, request) => void setTimeout(() => serving(archive)(response, request), 300))
    const [first, second] = await Promise.all([
      obtainTemporal({ cacheDir: cache, report, sources: from }),
      obtainTemporal({ cacheDir: cache, report, sources: from }),
    ])
    expect(second).toEqual(first)
    expect(site?.requests).toHaveLength(1)
    expect(lines.join('\n')).toContain(`another start (process ${process.pid}) is getting it, waiting for that`)
  })

  it('gets another when the one in the cache does not run', async () => {
    const from = await sources(serving(archive))
    const { path } = await obtainTemporal({ cacheDir: cache, report, sources: from })
    writeProgram(path, 'nonsense')
    await obtainTemporal({ cacheDir: cache, report, sources: from })
    expect(execFileSync(path, { encoding: 'utf8' }).trim()).toBe(VERSION)
    expect(lines.join('\n')).toContain('cannot be used')
  })

  it('says of every place why not, and what to do, when no place has it', async () => {
    const from = await sources(serving(archiveOf('temporal', 'another file')))
    const failure = await failureOf(obtainTemporal({ cacheDir: cache, report, sources: from }))
    expect(failure).toMatch(/^StackError: /)
    expect(failure).toMatch(/official download of Temporal CLI .*: its checksum is/)
    expect(failure).toContain('built by the Go toolchain: there is no Go toolchain (`go`) on PATH')
    expect(failure).toContain('set TEMPORAL_ADDRESS')
    expect(existsSync(join(cache, 'downloads'))).toBe(true)
    expect(readdirSync(join(cache, 'downloads'))).toEqual([])
  })

  it('leaves a Go proxy that is out of reach for the reason that Go gives', async () => {
    const closed = await openSite({})
    await closed.close()
    const from = { ...(await sources(undefined, goWithoutModules())), goProxy: closed.url }
    const failure = await failureOf(obtainTemporal({ cacheDir: cache, report, sources: from }))
    expect(failure).toMatch(/Go toolchain: .*(connection refused|no Go toolchain)/)
  })

  it('has a real one in the cache of this user, from a place that its record names', async () => {
    const { path, source } = await obtainTemporal({ cacheDir: cacheDir(readEnv()), report })
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toContain('Server 1.')
    if (source !== 'path') expect(['official', 'go']).toContain(readFileSync(join(dirname(path), 'source'), 'utf8').trim())
  }, 1_800_000)

  const full = environment['HERALD_TEST_FULL'] ? it : it.skip
  full('builds it from source with Go', async () => {
    const { path: _path, ...from } = await sources()
    const { path, source } = await obtainTemporal({ cacheDir: cache, report, sources: from })
    expect(source).toBe('go')
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()).toBe(VERSION)
  }, 1_800_000)
})
