import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isHeld } from '../../src/engine/ledger.ts'

const START = '2026-01-01T00:00:00.000Z'
let stateDir: string

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-ledger-'))
})
afterEach(async () => {
  await rm(stateDir, { recursive: true, force: true })
})

it('is not held once its process was killed', async () => {
  const script = `import { Ledger } from ${JSON.stringify(new URL('../../src/engine/ledger.ts', import.meta.url).href)}
    await Ledger.hold(${JSON.stringify(stateDir)}, 'other', ${JSON.stringify(START)}); process.stdout.write('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  expect(await isHeld(stateDir, 'other')).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(await isHeld(stateDir, 'other')).toBe(false)
})
