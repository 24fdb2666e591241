const { statSync } = require('node:fs')
const path = require('node:path')

const CRASH = `${path.sep}crash${path.sep}`
/** Test files between two that have processes of their own. */
const BETWEEN = 6

/** The seconds, on two cores, of those that take longer than their size tells. */
const SECONDS = {
  'portal/portal': 130,
  'crash/kills-and-freezes': 104,
  'workflows/parking': 67,
  'security/operator-payloads': 65,
  'crash/ordering': 60,
  'crash/fault-points': 59,
  'workflows/queue': 52,
  'crash/releases': 51,
  'workflows/groups': 50,
}

/**
 * Those that take longest first, so that none begins when the others have ended: as known, else the largest.
 * Those that start, kill and freeze processes are heavy side by side: they are spread, from the first on.
 */
module.exports = class SpreadSequencer {
  sort(tests) {
    return inOrder(tests)
  }

  shard(tests, { shardIndex, shardCount }) {
    return inOrder(tests).filter((_, i) => i % shardCount === shardIndex - 1)
  }

  allFailedTests(tests) {
    return tests
  }

  cacheResults() {}
}

function inOrder(tests) {
  const longestFirst = [...tests].toSorted((a, b) => secondsOf(b) - secondsOf(a) || sizeOf(b) - sizeOf(a))
  const others = longestFirst.filter((test) => !isCrash(test))
  const spread = longestFirst.filter(isCrash).flatMap((test, i) => [test, ...others.slice(i * BETWEEN, (i + 1) * BETWEEN)])
  return [...spread, ...others.slice(longestFirst.filter(isCrash).length * BETWEEN)]
}

const isCrash = ({ path: file }) => file.includes(CRASH)
const sizeOf = ({ path: file }) => statSync(file).size
const nameOf = ({ path: file }) => file.split(path.sep).slice(-2).join('/').replace('.test.ts', '')
const secondsOf = (test) => SECONDS[nameOf(test)] ?? 0
