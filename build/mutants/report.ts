/** Stryker's report in its published form (mutation-testing-report-schema), as far as it is read here. */
import { z } from 'zod'
import type { Mutant } from './survivors.ts'

const position = z.object({ line: z.number(), column: z.number() })

const report = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string().optional(),
          status: z.enum(['Killed', 'Survived', 'NoCoverage', 'Timeout', 'CompileError', 'RuntimeError', 'Ignored', 'Pending']),
          location: z.object({ start: position, end: position }),
        }),
      ),
    }),
  ),
})

/** Mutants that could be tried. One that ends in an endless loop was noticed: a test run would have ended red. */
export function readReport(json: unknown): Mutant[] {
  return Object.entries(report.parse(json).files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.flatMap(({ mutatorName, replacement, status, location: { start, end } }): Mutant[] => {
      if (status === 'CompileError' || status === 'RuntimeError' || status === 'Ignored') return []
      if (status === 'Pending') throw new Error(`${file}:${start.line}: a mutant was not tried`)
      return [
        {
          file,
          line: start.line,
          code: (lines[start.line - 1] ?? '').trim(),
          was: between(lines, start, end),
          becomes: replacement ?? '',
          mutator: mutatorName,
          noticed: status === 'Killed' || status === 'Timeout',
        },
      ]
    })
  })
}

/** Columns begin with 1; the end is the first place that is not of it. */
function between(lines: readonly string[], start: z.infer<typeof position>, end: z.infer<typeof position>): string {
  return lines
    .slice(start.line - 1, end.line)
    .map((line, index, all) => {
      const to = index === all.length - 1 ? end.column - 1 : line.length
      return line.slice(index === 0 ? start.column - 1 : 0, to)
    })
    .join('\n')
}
