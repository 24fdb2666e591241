const { ModernFakeTimers } = require('@jest/fake-timers')
const { ModuleMocker } = require('jest-mock')
const { mongo } = require('mongoose')

/** What jest, or a file, puts something else in the place of. */
const REPLACED = [
  [globalThis, 'console'],
  [process, 'exit'],
  [Error, 'prepareStackTrace'],
]

/** Where jest keeps a file's tests, who listens to them, and their limits. */
const OF_JEST = /jest|^EVENT_HANDLERS$|^TEST_TIMEOUT_SYMBOL$|^(LOG_ERRORS_BEFORE_|WAIT_BEFORE_)?RETRY/i

/** Runs test files in the process's own context, and leaves it to the next file as it was. */
module.exports = class OwnContextEnvironment {
  constructor({ projectConfig: config }) {
    this.global = globalThis
    this.moduleMocker = new ModuleMocker(globalThis)
    this.fakeTimers = null
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis })
    this.replaced = REPLACED.map(([object, name]) => [object, name, object[name]])
    this.variables = { ...process.env }
  }

  async setup() {}

  async teardown() {
    await dropDatabases()
    this.fakeTimersModern.dispose()
    for (const [object, name, value] of this.replaced) object[name] = value
    for (const name of Object.keys(process.env)) if (this.variables[name] === undefined) delete process.env[name]
    Object.assign(process.env, this.variables)
    // What jest has made unchangeable stays: the next file's takes its place.
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) if (OF_JEST.test(symbol.description)) Reflect.deleteProperty(globalThis, symbol)
  }

  exportConditions() {
    return ['node', 'node-addons']
  }

  /** The runtime compiles without one. */
  getVmContext() {
    return null
  }
}

/** Those that the file has named (`databases.ts`); what a test has put an end to is not waited for. */
async function dropDatabases() {
  const names = [...(globalThis.heraldTestDatabases ?? [])]
  delete globalThis.heraldTestDatabases
  if (names.length === 0) return
  const client = new mongo.MongoClient(process.env.HERALD_TEST_MONGODB_URI, { serverSelectionTimeoutMS: 1_500 })
  await Promise.all(names.map((name) => client.db(name).dropDatabase())).catch(() => undefined)
  await client.close()
}
