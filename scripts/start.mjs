import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'

prepare()
// In this very process, so that whoever signals or kills it reaches Herald itself.
const herald = new URL('../dist/src/bin/herald.js', import.meta.url)
process.argv.splice(1, 1, fileURLToPath(herald), 'start')
await import(herald.href)
