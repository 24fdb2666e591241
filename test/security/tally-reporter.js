const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const Table = require('cli-table3')

/** Prints how many vectors of each kind were tried and refused, when there were any. */
class TallyReporter {
  constructor() {
    this.file = path.join(mkdtempSync(path.join(tmpdir(), 'herald-tally-')), 'tally.jsonl')
    writeFileSync(this.file, '')
    // Before the workers begin: they inherit it.
    process.env.HERALD_SECURITY_TALLY = this.file
  }

  onRunComplete() {
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean)
    rmSync(path.dirname(this.file), { recursive: true, force: true })
    if (lines.length === 0) return
    const table = new Table({ head: ['tried against Herald', 'vectors', 'refused', ''], colAligns: ['left', 'right', 'right', 'left'], style: { head: [], border: [], compact: true } })
    for (const row of summed(lines)) table.push(row)
    process.stdout.write(`\n${table.toString()}\n`)
  }
}

/** One row a kind, though several tests have tried of it. */
function summed(lines) {
  const kinds = new Map()
  for (const { kind, tried, refused, figure = '' } of lines.map((line) => JSON.parse(line))) {
    const [, before = 0, refusedBefore = 0, figures = ''] = kinds.get(kind) ?? []
    kinds.set(kind, [kind, before + tried, refusedBefore + refused, [figures, figure].filter(Boolean).join('; ')])
  }
  return [...kinds.values()].toSorted(([a], [b]) => a.localeCompare(b))
}

module.exports = TallyReporter
