import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Newer than every source exactly when dist is up to date. */
export const stamp = join(root, 'dist', '.built')

export function build() {
  const begun = new Date()
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
  const bundle = 'dist/src/temporal/build-bundle.js'
  if (existsSync(join(root, bundle))) run(bundle)
  mkdirSync(dirname(stamp), { recursive: true })
  // What was saved during the build is newer than its begin, so it is built again next time.
  writeFileSync(stamp, `${begun.toISOString()}\n`)
  utimesSync(stamp, begun, begun)
}

function run(script, ...args) {
  if (!existsSync(join(root, script))) {
    process.stderr.write(`herald: ${script} is missing: install the packages that build Herald with "npm ci --include=dev"\n`)
    process.exit(1)
  }
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) build()
