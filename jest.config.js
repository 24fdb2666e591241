const MODULES = 'openid-client|oauth4webapi|jose'

const commonjs = (syntax) => ['@swc/jest', { jsc: { parser: { syntax }, target: 'es2023' }, module: { type: 'commonjs' }, sourceMaps: 'inline' }]

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': commonjs('typescript'),
    // Node requires modules of this kind by itself; jest does not.
    [`/node_modules/(${MODULES})/.+\\.js$`]: commonjs('ecmascript'),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${MODULES})/)`],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/security/tally-reporter.js', '<rootDir>/test/support/count-reporter.js'],
  testTimeout: 60_000,
  testSequencer: '<rootDir>/test/support/spread-sequencer.js',
  // Most of the time of a test is spent waiting: two of them keep less than half of two cores busy.
  maxWorkers: 3,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.herald/'],
}
