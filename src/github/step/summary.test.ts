import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FAILED, runResult } from '../../report/results.fixture.ts'
import { summaryReporter } from './summary.ts'

test('adds to the step summary, also when it is told twice, within a budget below the 1 MiB that GitHub takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-summary-'))
  try {
    const file = join(folder, 'summary.md')
    await writeFile(file, 'before\n')
    const huge = { ...FAILED, reasons: Array.from({ length: 10 }, () => 'x'.repeat(2_000)) }
    const reporter = summaryReporter(file)
    await reporter.onEnd(runResult([FAILED]))
    await reporter.onEnd(runResult(Array.from({ length: 300 }, () => huge)))
    const text = await readFile(file, 'utf8')
    expect(text.startsWith('before\n## ❌ failed')).toBe(true)
    expect(text.match(/❌ failed — judged/g)).toHaveLength(1)
    expect(text).toContain('Shortened to fit')
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
  } finally {
    await rm(folder, { recursive: true })
  }
})
