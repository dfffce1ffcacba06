import { readFileSync } from 'node:fs'

/**
 * Counts of one vitest run from its JSON report. A test file that could not be loaded counts as one failure, and so
 * does a run that failed outside any test.
 * @param {string} path the report
 * @param {number | null} exitCode how vitest ended
 * @returns {{ passed: number, failed: number, skipped: number }} counts
 */
export function readTestCounts(path, exitCode) {
  let report
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  }
  catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const unloaded = report.testResults.filter(({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some(test => test.status === 'failed')).length
  const failed = report.numFailedTests + unloaded
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0
      ? 1
      : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** The last line of `npm test`. */
export function wordCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0
    ? `, ${skipped} skipped`
    : ''}`
}
