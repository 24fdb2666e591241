import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchFile } from './fetch-file'
import { messageOf } from './errors'
import { obtainCached, type Obtained, type Program } from './obtain'
import { temporalBuild, thisPlatform } from './platform'
import { findOnPath, run } from './run'
import { OFFICIAL_SOURCES, TEMPORAL_GO_MODULE, TEMPORAL_VERSION, type SourceUrls } from './sources'
import type { Report } from './types'

export interface ObtainOptions {
  cacheDir: string
  report: Report
  sources?: Partial<SourceUrls> | undefined
}

/** The first server (1.27) whose eager starts Herald relies on. */
const OLDEST_SERVER_MINOR = 27

/** Finds Temporal's program: on PATH, in the cache, by the official download, or built from source. */
export async function obtainTemporal({ cacheDir, report, sources: given }: ObtainOptions): Promise<Obtained> {
  const sources = { ...OFFICIAL_SOURCES, ...given }
  const onPath = await findOnPath('temporal', sources.path)
  if (onPath) {
    try {
      await check(onPath)
      return { path: onPath, source: 'path', variables: {} }
    } catch (error) {
      report(`Temporal: ${onPath} is passed over (${messageOf(error)})`)
    }
  }
  return obtainCached(program(sources, cacheDir, report), cacheDir, report)
}

function program(sources: SourceUrls, cacheDir: string, report: Report): Program {
  return {
    name: 'Temporal',
    executable: 'temporal',
    entry: `temporal-${TEMPORAL_VERSION}-${process.platform}-${process.arch}`,
    places: [
      {
        source: 'official',
        name: `the official download of Temporal CLI ${TEMPORAL_VERSION}`,
        put: (directory) => download(sources, join(cacheDir, 'downloads'), directory, report),
      },
      {
        source: 'go',
        name: 'its source code, built by the Go toolchain',
        put: (directory) => build(sources, directory, report),
      },
    ],
    variables: () => ({}),
    check,
    advice:
      'Do one of these and start again: install the Temporal CLI (`temporal`) on PATH, install Go 1.21 or newer, ' +
      'or set TEMPORAL_ADDRESS to a Temporal that already runs.',
  }
}

async function check(path: string): Promise<void> {
  const { stdout } = await run(path, ['--version'], { timeoutMs: 20_000 })
  const minor = Number(/Server 1\.(\d+)/.exec(stdout)?.[1])
  if (minor >= OLDEST_SERVER_MINOR) return
  throw new Error(`it is "${stdout.trim()}", Herald needs server 1.${OLDEST_SERVER_MINOR} or newer`)
}

async function download(sources: SourceUrls, downloads: string, directory: string, report: Report): Promise<void> {
  const build = temporalBuild(thisPlatform())
  const sha256 = build && sources.temporalSha256[build]
  if (!build || !sha256) throw new Error(`there is none for ${process.platform} on ${process.arch}`)
  const archive = `temporal_cli_${TEMPORAL_VERSION}_${build}.tar.gz`
  const to = join(downloads, archive)
  const url = `${sources.temporalReleases}/v${TEMPORAL_VERSION}/${archive}`
  await fetchFile({ url, to, sha256, name: 'Temporal', report })
  await run('tar', ['-xzf', to, '-C', directory, 'temporal'])
  rmSync(to)
}

async function build(sources: SourceUrls, directory: string, report: Report): Promise<void> {
  const go = await findOnPath('go', sources.path)
  if (!go) throw new Error('there is no Go toolchain (`go`) on PATH')
  const source = join(directory, 'source-module')
  mkdirSync(source)
  writeFileSync(join(source, 'go.mod'), TEMPORAL_GO_MODULE.goMod)
  writeFileSync(join(source, 'go.sum'), TEMPORAL_GO_MODULE.goSum)
  const variables = {
    GOFLAGS: '-mod=mod',
    CGO_ENABLED: '0',
    ...(sources.goProxy === undefined ? {} : { GOPROXY: sources.goProxy }),
  }
  const inSource = { cwd: source, variables }
  // Small, so that a proxy that is out of reach is noticed in seconds, not in the middle of a build.
  await run(go, ['mod', 'download', `github.com/temporalio/cli@v${TEMPORAL_VERSION}`], { ...inSource, timeoutMs: 30_000 })
  report('Temporal: building it from source with Go, once; this takes about five minutes on two cores')
  await run(
    go,
    ['build', '-trimpath', `-ldflags=${TEMPORAL_GO_MODULE.ldflags}`, '-o', join(directory, 'temporal'), TEMPORAL_GO_MODULE.package],
    {
      ...inSource,
      timeoutMs: 45 * 60_000,
      onWaiting: (seconds) => seconds % 30 < 10 && report(`Temporal: still building, ${seconds} s so far`),
    },
  )
  rmSync(source, { recursive: true })
}
