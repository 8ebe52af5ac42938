/** Sums vitest's JSON reports into one line. One that is missing or unreadable is an error, never a zero. */
import { z } from 'zod'

const report = z.object({
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
})

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
    text: `${String(passed)} passed, ${String(failed)} failed${skipped === 0 ? '' : `, ${String(skipped)} skipped`}`,
    isGood,
  }
}
