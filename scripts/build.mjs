import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Newer than every source exactly when what was built from them is up to date. */
export const stamp = join(root, 'dist', '.built')
export const portalStamp = join(root, 'dist', '.portal-built')

export function build() {
  stamped(stamp, () => {
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
    const bundle = 'dist/src/temporal/build-bundle.js'
    if (existsSync(join(root, bundle))) run(bundle)
    describeApi()
  })
}

/** Its types are the compiler's business: this needs no API, and no new build when the API has changed. */
export function buildPortal() {
  stamped(portalStamp, () => run(ofPortal('vite', 'bin/vite.js'), 'build', 'portal', '--logLevel', 'warn'))
}

/** The API's document as types, which the portal's compiler reads. */
function describeApi() {
  const { describeApi } = createRequire(import.meta.url)(join(root, 'dist/src/api/app.js'))
  const document = join(root, 'dist', 'openapi.json')
  writeFileSync(document, JSON.stringify(describeApi()))
  run(ofPortal('openapi-typescript', 'bin/cli.js'), document, '--output', join('dist', 'openapi.d.ts'), '--default-non-nullable', 'false', '--silent')
}

function stamped(file, make) {
  const begun = new Date()
  make()
  mkdirSync(dirname(file), { recursive: true })
  // What was saved during the build is newer than its begin, so it is built again next time.
  writeFileSync(file, `${begun.toISOString()}\n`)
  utimesSync(file, begun, begun)
}

/** A tool of the portal, wherever npm has put it. */
function ofPortal(name, file) {
  try {
    return join(dirname(createRequire(join(root, 'portal', 'package.json')).resolve(`${name}/package.json`)), file)
  } catch {
    return join(root, 'node_modules', name, file)
  }
}

function run(script, ...args) {
  const file = resolve(root, script)
  if (!existsSync(file)) {
    process.stderr.write(`herald: ${script} is missing: install the packages that build Herald with "npm ci --include=dev"\n`)
    process.exit(1)
  }
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  build()
  buildPortal()
}
