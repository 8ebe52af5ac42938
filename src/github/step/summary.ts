import { readFile, writeFile } from 'node:fs/promises'
import type { Reporter } from '../../ports/reporter.ts'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'

/** 1 MiB per step; a summary over it is dropped whole, and one that just fits has been refused as well. */
const MOST_BYTES = 1_000_000

/** The job summary; `file` is GITHUB_STEP_SUMMARY. Told twice, it shows the last result once. */
export function summaryReporter(file: string): Reporter {
  let before: string | null = null
  return {
    name: 'job summary',
    async onEnd(result) {
      before ??= await readFile(file, 'utf8').catch(() => '')
      const bytes = MOST_BYTES - Buffer.byteLength(before)
      await writeFile(file, before + render(markdown, result, { bytes }))
    },
  }
}
