import { mongodbArchive, temporalBuild, type Platform } from '../../src/stack/platform'

const linux = (distribution: string[], version: string, arch: Platform['arch'] = 'x64'): Platform => ({
  os: 'linux',
  arch,
  distribution,
  version,
})

describe('official builds', () => {
  it.each([
    [linux(['debian'], '12'), 'linux/mongodb-linux-x86_64-debian12-8.2.6.tgz'],
    [linux(['debian'], '13'), 'linux/mongodb-linux-x86_64-ubuntu2404-8.2.6.tgz'],
    [linux(['debian'], '12', 'arm64'), 'linux/mongodb-linux-aarch64-ubuntu2204-8.2.6.tgz'],
    [linux(['ubuntu', 'debian'], '22.04'), 'linux/mongodb-linux-x86_64-ubuntu2204-8.2.6.tgz'],
    [linux(['ubuntu', 'debian'], '24.04', 'arm64'), 'linux/mongodb-linux-aarch64-ubuntu2404-8.2.6.tgz'],
    [linux(['rocky', 'rhel', 'centos', 'fedora'], '9.5'), 'linux/mongodb-linux-x86_64-rhel93-8.2.6.tgz'],
    [linux(['amzn', 'fedora'], '2023'), 'linux/mongodb-linux-x86_64-amazon2023-8.2.6.tgz'],
    [{ os: 'darwin', arch: 'arm64', distribution: [], version: '' } as const, 'osx/mongodb-macos-arm64-8.2.6.tgz'],
  ])('of MongoDB for %o', (platform, archive) => {
    expect(mongodbArchive({ ...platform, distribution: [...platform.distribution] }, '8.2.6')).toBe(archive)
  })

  it('are not there for musl, other processors and Windows', () => {
    expect(mongodbArchive(linux(['alpine'], '3.22'), '8.2.6')).toBeUndefined()
    expect(mongodbArchive(linux(['debian'], '12', 'riscv64'), '8.2.6')).toBeUndefined()
    expect(temporalBuild(linux(['debian'], '12', 'riscv64'))).toBeUndefined()
    expect(temporalBuild({ os: 'win32', arch: 'x64', distribution: [], version: '' })).toBeUndefined()
  })

  it('of Temporal are named by system and processor', () => {
    expect(temporalBuild(linux(['alpine'], '3.22', 'arm64'))).toBe('linux_arm64')
    expect(temporalBuild({ os: 'darwin', arch: 'x64', distribution: [], version: '' })).toBe('darwin_amd64')
  })
})
