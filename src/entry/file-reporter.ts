import { mkdirSync, appendFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reporter } from '../core/ports.ts'
import { renderHtml } from '../report/html.ts'
import { renderJunit } from '../report/junit.ts'
import { renderResultJson } from '../report/result-json.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { runLogLine } from '../report/run-log.ts'

/** A job summary holds 1 MiB; the file is made to fit it. */
const SUMMARY_BYTES = 1_000_000

/** result.json, report.html, summary.md, junit.xml and run.log in `outDir`; result.json is whole or not there. */
export function fileReporter(outDir: string): Reporter {
  const log = join(outDir, 'run.log')
  return {
    name: 'files',
    onEvent(event) {
      mkdirSync(outDir, { recursive: true })
      appendFileSync(log, `${runLogLine(event, Date.now())}\n`)
    },
    async onEnd(result) {
      await mkdir(outDir, { recursive: true })
      const partial = join(outDir, 'result.json.partial')
      await writeFile(partial, renderResultJson(result))
      await rename(partial, join(outDir, 'result.json'))
      await writeFile(join(outDir, 'summary.md'), renderMarkdown(result, { maxBytes: SUMMARY_BYTES }))
      await writeFile(join(outDir, 'junit.xml'), renderJunit(result))
      await writeFile(join(outDir, 'report.html'), renderHtml(result))
    },
  }
}
