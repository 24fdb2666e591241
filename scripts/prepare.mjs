import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, buildPortal, portalStamp, root, stamp } from './build.mjs'

const OLDEST_NODE = [20, 19]
const SOURCES = ['src', 'workflows', 'activities', 'bench', 'examples', 'package.json', 'tsconfig.json', 'tsconfig.build.json']
const PORTAL_SOURCES = ['portal/src', 'portal/public', 'portal/index.html', 'portal/package.json', 'portal/vite.config.js', 'portal/tsconfig.json']

/** Makes a fresh or a changed checkout ready to run. Says nothing when it is. */
export function prepare() {
  checkNode()
  install()
  if (newest(SOURCES) > modified(stamp)) {
    say('building …')
    build()
  }
  if (newest(PORTAL_SOURCES) > modified(portalStamp)) {
    say('building the portal …')
    buildPortal()
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  say(`Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}: install a current Node (nodejs.org) and try again.`)
  process.exit(1)
}

function install() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  const locked = join(root, 'package-lock.json')
  if (modified(installed) >= modified(locked)) return
  say(existsSync(installed) ? 'package-lock.json has changed, installing its packages …' : 'installing packages …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status, error } = spawnSync(npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' })
  if (status === 0) return
  say(`npm ci failed${error ? ` (${error.message})` : ''}: see what it says above. Herald needs its packages from the npm registry once.`)
  process.exit(status ?? 1)
}

function newest(paths) {
  return Math.max(...paths.map((path) => newestUnder(join(root, path))))
}

function newestUnder(path) {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (!entry) return 0
  if (!entry.isDirectory()) return entry.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestUnder(join(path, name))))
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function say(line) {
  process.stderr.write(`herald: ${line}\n`)
}

// The portal's types come from the API's document, which the build writes.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) prepare()
