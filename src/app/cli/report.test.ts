import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FORMATS } from '../../report/formats/registry.ts'
import { renderResultJson } from '../../report/result-json.ts'
import { FAILED, runResult } from '../../report/results.fixture.ts'
import { createProgram } from './program.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-report-'))
  file = join(folder, 'result.json')
  await writeFile(file, renderResultJson(runResult([FAILED])))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

async function report(...argv: string[]): Promise<string> {
  let written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
  await createProgram().parseAsync(['report', file, ...argv], { from: 'user' })
  return written
}

test('what a result can become are the formats that there are', async () => {
  const option = createProgram()
    .commands.find((one) => one.name() === 'report')
    ?.options.find(({ long }) => long === '--to')
  expect(option?.argChoices).toEqual(FORMATS.map(({ name }) => name))
  for (const { name } of FORMATS) expect(await report('--to', name), name).toContain('NF-001')
})

test('a format that can be shortened is, and one of which nothing would be left is refused', async () => {
  expect(await report('--to', 'markdown', '--max-bytes', '600')).toContain('Shortened to fit')
  await expect(report('--to', 'html', '--max-bytes', '300')).rejects.toThrow('not even the verdict fits in 300 bytes of html')
  await expect(report('--to', 'markdown', '--max-bytes', '199')).rejects.toThrow('--max-bytes takes a whole number from 200')
})
