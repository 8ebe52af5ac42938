// Sums vitest's JSON reports into one line: "N passed, N failed". A report that
// is missing or unreadable is an error, never a zero: the line stays away.
//
// Usage: node script/lib/count-tests.js REPORT...
import { readFileSync } from 'node:fs'

/** A file that failed outside its tests (an import, a hook) has no failed test to count: it counts as one itself. */
function countFile(file) {
  const count = (status) => file.assertionResults.filter((test) => test.status === status).length
  const passed = count('passed')
  const failed = count('failed')
  const brokenFile = failed === 0 && file.status === 'failed' ? 1 : 0
  return { passed, failed: failed + brokenFile, skipped: file.assertionResults.length - passed - failed }
}

function sum(paths) {
  const files = paths.flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).testResults).map(countFile)
  const add = (key) => files.reduce((so, file) => so + file[key], 0)
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') }
}

try {
  const { passed, failed, skipped } = sum(process.argv.slice(2))
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
} catch (error) {
  console.error(`test: no total, because a suite left no readable report: ${error.message}`)
  process.exitCode = 1
}
