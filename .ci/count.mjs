// @ts-check
/**
 * `node count.mjs REPORT passed|unfinished`: prints the numbers of a test report in JSON, as one line. Exits with 1 if
 * something failed, or there is no report, or the test command has not passed. A file that has failed with none of its
 * tests, since it could not be loaded or set up, counts as one that failed.
 */
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, assertionResults: { status: string }[] }} TestFile */

const counts = { passed: 0, failed: 0, skipped: 0 };
try {
  /** @type {{ testResults: TestFile[] }} */
  const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
  for (const { status, assertionResults } of report.testResults) {
    for (const test of assertionResults)
      counts[test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped']++;
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) counts.failed++;
  }
} catch {
  // No report, or no whole one: that is a failure below.
}
// What fails outside of any test, say in a timer, is not in the report.
if (counts.failed === 0 && (process.argv[3] !== 'passed' || counts.passed === 0)) counts.failed = 1;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
