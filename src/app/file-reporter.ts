import { systemClock } from '../core/time/clock.ts'
import { mkdirSync, appendFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reporter } from '../ports/reporter.ts'
import { FORMATS } from '../report/formats/registry.ts'
import { runLogLine } from '../report/live/run-log.ts'
import { render } from '../report/render.ts'
import { renderResultJson } from '../report/result-json.ts'

/** result.json, the files of all formats and run.log in `outDir`; result.json is whole or not there. */
export function fileReporter(outDir: string): Reporter {
  const log = join(outDir, 'run.log')
  return {
    name: 'files',
    onEvent(event) {
      mkdirSync(outDir, { recursive: true })
      appendFileSync(log, `${runLogLine(event, systemClock.wallMs())}\n`)
    },
    async onEnd(result) {
      await mkdir(outDir, { recursive: true })
      const partial = join(outDir, 'result.json.partial')
      await writeFile(partial, renderResultJson(result))
      await rename(partial, join(outDir, 'result.json'))
      for (const format of FORMATS) {
        if (format.file !== null) await writeFile(join(outDir, format.file), render(format, result))
      }
    },
  }
}
