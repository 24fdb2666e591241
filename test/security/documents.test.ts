import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(__dirname, '../..')
const threats = readFileSync(path.join(root, 'docs/security.md'), 'utf8').split('## Threats')[1]?.split('\n## ')[0] ?? ''

it('names tests that are there', () => {
  const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| threat'))
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const cell = row.split('|').at(-2) ?? ''
    const files = [...cell.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file = '']) => (file.includes('/') ? file : `test/security/${file}`))
    const texts = files.map((file) => readFileSync(path.join(root, file), 'utf8')).join('\n')
    for (const [, title = ''] of cell.matchAll(/\*([^*]+)\*/g)) {
      const words = title.replaceAll('…', '').trim()
      expect([title, texts.includes(words)]).toEqual([title, true])
    }
  }
})

it('the licences of what is shipped are on the list', () => {
  expect(execFileSync(process.execPath, [path.join(root, 'scripts/licences.mjs')], { encoding: 'utf8' })).toMatch(/\d+ MIT\n/)
})
