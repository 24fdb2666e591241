/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/support/own-context-environment.js',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' }, sourceMaps: 'inline' }] },
  // Their packages are loaded once a process, as Node loads them.
  runtime: '<rootDir>/test/support/shared-packages-runtime.js',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/security/tally-reporter.js', '<rootDir>/test/support/count-reporter.js'],
  testTimeout: 60_000,
  testSequencer: '<rootDir>/test/support/spread-sequencer.js',
  // Most of the time of a test is spent waiting: one keeps a third of a core busy, with what its servers do.
  maxWorkers: 4,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.herald/'],
}
