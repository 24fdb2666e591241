import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './build.mjs'
import { prepare } from './prepare.mjs'

prepare()
const jest = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
// Ctrl-C reaches jest too: it ends first, and says how.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => jest.kill('SIGTERM'))
jest.on('exit', (code) => process.exit(code ?? 1))
