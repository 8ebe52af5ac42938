import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Held } from './long-load.ts'

/** Six times the seconds. Where they were kept in memory each took 4 KiB: 12 MiB. */
const [SHORT, LONG] = [600, 3_600]
const MOST_GROWTH_MIB = 2

it('holds hardly more of an hour of load than of ten minutes', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-long-load-'))
  try {
    const program = join(import.meta.dirname, 'long-load.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, folder, String(LONG), '2'])
    const { recording, judging, verdict, requests } = JSON.parse(stdout) as Held
    expect([verdict, requests]).toEqual(['passed', LONG * 2])
    for (const held of [recording, judging]) {
      const [short, long] = [held[SHORT] ?? Number.NaN, held[LONG] ?? Number.NaN]
      expect(long - short, `MiB after each ten minutes: ${JSON.stringify(held)}`).toBeLessThan(MOST_GROWTH_MIB)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
