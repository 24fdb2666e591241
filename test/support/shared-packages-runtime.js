const { createRequire } = require('node:module')
const { compileFunction, constants } = require('node:vm')
const { default: Runtime } = require('jest-runtime')

/**
 * Loads packages as Node does: once a process, and not for every test file anew. Herald's own modules are
 * each file's own, as ever. Both run in the process's own context (see own-context-environment), where code is
 * as fast as in production: in one of jest's, each look at a global goes through a proxy.
 */
module.exports = class SharedPackagesRuntime extends Runtime {
  constructor(...args) {
    super(...args)
    const { executor } = this
    executor.compile = (code, filename) =>
      compileFunction(code, executor.injectedModuleParameters, { filename, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
  }

  requireModuleOrMock(from, name) {
    return isOfPackage(name) ? createRequire(from)(name) : super.requireModuleOrMock(from, name)
  }
}

const isOfPackage = (name) => !name.startsWith('.') && !name.startsWith('/') && !name.startsWith('@jest/')
