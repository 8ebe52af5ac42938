import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FAILED, runResult } from '../report/results.fixture.ts'
import { summaryReporter } from './summary.ts'

test('appends to the step summary, within a budget below the 1 MiB that GitHub takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-summary-'))
  try {
    const file = join(folder, 'summary.md')
    await writeFile(file, 'before\n')
    const huge = { ...FAILED, reasons: Array.from({ length: 10 }, () => 'x'.repeat(2_000)) }
    await summaryReporter(file).onEnd(runResult(Array.from({ length: 300 }, () => huge)))
    const text = await readFile(file, 'utf8')
    expect(text.startsWith('before\n## ❌ failed')).toBe(true)
    expect(text).toContain('Shortened to fit')
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_100)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a runner without a summary is said, not ignored', async () => {
  await expect(summaryReporter(undefined).onEnd(runResult([]))).rejects.toThrow('GITHUB_STEP_SUMMARY is not set')
})
