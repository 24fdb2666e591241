/** Ends a run with one plain line that says how many tests passed and failed. */
class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    // A file that could not even be loaded has failed, though none of its tests was counted.
    const failed = numFailedTests + numRuntimeErrorTestSuites
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
    // Jest's own summary comes after every other reporter; this line is to be the last.
    process.once('exit', () => process.stdout.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`))
  }
}

module.exports = CountReporter
