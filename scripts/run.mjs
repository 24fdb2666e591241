import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'

const [, , file] = process.argv
if (!file) {
  process.stderr.write('usage: node scripts/run.mjs <file under dist> [arguments]\n')
  process.exit(2)
}
prepare()
const script = new URL(`../dist/${file}`, import.meta.url)
process.argv.splice(1, 2, fileURLToPath(script))
await import(script.href)
