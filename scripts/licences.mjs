import { readFileSync } from 'node:fs'
import { root } from './build.mjs'

/** Licences that ask for no more than to be named, and MPL, whose files stay as they are. */
const ALLOWED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-3.0', 'CC-BY-4.0', 'Unlicense', 'Python-2.0', 'MPL-2.0', 'MIT-0', 'Zlib']

const { packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'))
const shipped = Object.entries(packages).filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)

/** `(MIT OR GPL-2.0)` lets us choose; `AND` binds to all. */
const isAllowed = (expression) =>
  expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => ALLOWED.includes(licence.trim())))

const counts = new Map()
const unfit = []
/** Whose package.json names none: as their LICENSE file says. */
const READ = { 'node_modules/unionfs': 'Unlicense' }

for (const [path, { license = READ[path] ?? 'none', version }] of shipped) {
  counts.set(license, (counts.get(license) ?? 0) + 1)
  if (!isAllowed(license)) unfit.push(`${path.split('node_modules/').at(-1)} ${version}: ${license}`)
}
for (const [licence, count] of [...counts].toSorted(([, a], [, b]) => b - a)) process.stdout.write(`${String(count).padStart(5)} ${licence}\n`)
if (unfit.length > 0) {
  process.stderr.write(`\nLicences that are not on the list in scripts/licences.mjs:\n${unfit.join('\n')}\n`)
  process.exit(1)
}
