/** Sums vitest's JSON reports into one line, and tells what failed. A report that is missing or unreadable is an error, never a zero. */
import { basename } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

const assertion = z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()) })
const report = z.object({
  testResults: z.array(
    z.object({ name: z.string(), status: z.string(), message: z.string(), assertionResults: z.array(assertion) }),
  ),
})
/** Of a failed test's message: the whole of it stands with its stage, which may be far above. */
const MESSAGE_LENGTH = 600

export interface Total {
  /** `4 passed, 1 failed`, or why there is no total. */
  readonly text: string
  readonly isGood: boolean
}

export async function countTests(files: readonly string[], read: (file: string) => Promise<string>): Promise<Total> {
  let [passed, failed, skipped] = [0, 0, 0]
  try {
    for (const file of files) {
      for (const { status, assertionResults } of report.parse(JSON.parse(await read(file))).testResults) {
        const of = (wanted: string): number => assertionResults.filter((test) => test.status === wanted).length
        // A file that failed outside its tests (an import, a hook) has no failed test to count: it counts as one itself.
        const broken = of('failed') === 0 && status === 'failed' ? 1 : 0
        passed += of('passed')
        failed += of('failed') + broken
        skipped += assertionResults.length - of('passed') - of('failed')
      }
    }
  } catch (error) {
    return { text: `no total, because a stage left no readable report: ${String(error)}`, isGood: false }
  }
  const isGood = failed === 0 && (passed > 0 || files.length === 0)
  return {
    text: `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
    isGood,
  }
}

/** Each failed test by file, name and what is left of its message in one line; of a stage without a report, nothing. */
export async function failedTests(file: string, read: (file: string) => Promise<string>): Promise<string[]> {
  let text
  try {
    text = await read(file)
  } catch {
    // It ended before vitest could write one, which its own output tells.
    return []
  }
  return report.parse(JSON.parse(text)).testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${basename(name)}: ${inOneLine(message)}`] : []
    return failed.map((test) => `${basename(name)}: ${test.fullName}: ${inOneLine(test.failureMessages.join(' '))}`)
  })
}

function inOneLine(message: string): string {
  const [what = ''] = stripVTControlCharacters(message).split(/\n +at /)
  const line = what.replaceAll(/\s+/g, ' ').trim()
  // A run's own account comes first and is long; what was expected of it is at the end.
  return line.length <= MESSAGE_LENGTH ? line : `${line.slice(0, MESSAGE_LENGTH / 3)} … ${line.slice(-(2 * MESSAGE_LENGTH) / 3)}`
}
