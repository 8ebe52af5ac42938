import { appendFile } from 'node:fs/promises'
import { ChaosError } from '../core/errors.ts'
import type { Reporter } from '../core/ports.ts'
import { renderMarkdown } from '../report/markdown.ts'

/** 1 MiB per step; a summary over it is dropped whole, and one that just fits has been refused as well. */
const MOST_BYTES = 1_000_000

/** The job summary. `file` is GITHUB_STEP_SUMMARY. */
export function summaryReporter(file: string | undefined): Reporter {
  return {
    name: 'job summary',
    async onEnd(result) {
      if (file === undefined || file === '')
        throw new ChaosError('BAD_INPUT', 'GITHUB_STEP_SUMMARY is not set: this runner shows no job summary')
      await appendFile(file, renderMarkdown(result, { maxBytes: MOST_BYTES }))
    },
  }
}
