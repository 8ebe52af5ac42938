import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasResultOf } from './collect-leftover-logs.ts'

let outDir: string
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'chaos-leftover-'))
})
afterEach(async () => {
  await rm(outDir, { recursive: true })
})

test.each<[content: string | null, has: boolean]>([
  [null, false],
  ['{"run":{"id":"mine"}}', true],
  ['{"run":{"id":"older"}}', false],
  ['{"run":{"id":"mi', false],
  ['null', false],
  ['{}', false],
])('a result.json of %s: %s', async (content, has) => {
  if (content !== null) await writeFile(join(outDir, 'result.json'), content)
  expect(await hasResultOf(outDir, 'mine')).toBe(has)
})
