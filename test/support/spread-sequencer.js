const { statSync } = require('node:fs')
const path = require('node:path')

const CRASH = `${path.sep}crash${path.sep}`
/** Test files between two that have processes of their own. */
const BETWEEN = 6

/**
 * The largest files first, as jest does where it has no times of an earlier run. Those that start, kill and
 * freeze processes take longest and are heavy side by side: they are spread, from the first on, so that none
 * begins when the others have ended.
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
  const bySize = [...tests].toSorted((a, b) => sizeOf(b) - sizeOf(a))
  const others = bySize.filter((test) => !isCrash(test))
  const spread = bySize.filter(isCrash).flatMap((test, i) => [test, ...others.slice(i * BETWEEN, (i + 1) * BETWEEN)])
  return [...spread, ...others.slice(Math.min(others.length, bySize.filter(isCrash).length * BETWEEN))]
}

const isCrash = ({ path: file }) => file.includes(CRASH)
const sizeOf = ({ path: file }) => statSync(file).size
