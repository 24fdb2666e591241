import { readFileSync } from 'node:fs'

export interface Platform {
  os: NodeJS.Platform
  arch: NodeJS.Architecture
  /** Linux: `ID`, `ID_LIKE` and `VERSION_ID` of os-release(5). */
  distribution: string[]
  version: string
}

export function thisPlatform(): Platform {
  const release = process.platform === 'linux' ? osRelease() : {}
  return {
    os: process.platform,
    arch: process.arch,
    distribution: [release['ID'] ?? '', ...(release['ID_LIKE'] ?? '').split(' ')].filter(Boolean),
    version: release['VERSION_ID'] ?? '',
  }
}

/** `linux_amd64` and so on, as Temporal names its archives; undefined where there is none. */
export function temporalBuild({ os, arch }: Platform): string | undefined {
  if (os !== 'linux' && os !== 'darwin') return undefined
  if (arch === 'x64') return `${os}_amd64`
  return arch === 'arm64' ? `${os}_arm64` : undefined
}

/** The path of MongoDB's archive under its download site; undefined where there is none. */
export function mongodbArchive(platform: Platform, version: string): string | undefined {
  const { os, arch } = platform
  if (arch !== 'x64' && arch !== 'arm64') return undefined
  if (os === 'darwin') return `osx/mongodb-macos-${arch === 'x64' ? 'x86_64' : 'arm64'}-${version}.tgz`
  const build = os === 'linux' ? linuxBuild(platform) : undefined
  return build && `linux/mongodb-linux-${arch === 'x64' ? 'x86_64' : 'aarch64'}-${build}-${version}.tgz`
}

/** MongoDB builds per distribution; an unknown one gets the build that asks least of a current glibc. */
function linuxBuild({ distribution, version, arch }: Platform): string | undefined {
  const major = Number.parseInt(version, 10)
  const is = (...names: string[]): boolean => names.some((name) => distribution.includes(name))
  if (is('alpine')) return undefined
  if (is('amzn')) return 'amazon2023'
  if (is('rhel', 'fedora', 'centos')) return major === 8 ? 'rhel8' : 'rhel93'
  if (is('ubuntu') && major === 20) return 'ubuntu2004'
  if (is('ubuntu') && major >= 24) return 'ubuntu2404'
  if (is('debian') && !is('ubuntu') && major >= 13) return 'ubuntu2404'
  if (is('debian') && !is('ubuntu') && arch === 'x64') return 'debian12'
  return 'ubuntu2204'
}

function osRelease(): Record<string, string> {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').split('\n')
    return Object.fromEntries(
      lines.flatMap((line) => {
        const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? []
        return key && value !== undefined ? [[key, value]] : []
      }),
    )
  } catch {
    return {}
  }
}
