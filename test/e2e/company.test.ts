/** What a verdict says of company: of the system's own, that uses what is broken, and of other scenarios, that ran before. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SHOP_HERE } from '../support/shop.ts'
import { labelled, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'

/** The till asks nobody, so that nobody looks through the window. */
const ON_THE_WINDOW = {
  ...{ name: 'The window is shut', action: 'pause', target: 'window', expected_behavior: 'Orders are taken.' },
  expect: [{ canary: { success_rate: 0.97 } }],
}
const SCENARIOS = {
  name: 'Company',
  scenarios: [
    { id: 'C-001', ...ON_THE_WINDOW },
    { id: 'C-002', ...ON_THE_WINDOW, unused: 'allowed' },
    // Wrong of any till, wherever it runs.
    {
      ...{ id: 'C-003', name: 'The till is shut', action: 'pause', target: 'till', expected_behavior: 'Orders are taken.' },
      expect: [{ canary: { success_rate: 0.97 } }],
    },
  ],
}

test('a fault that nobody met is inconclusive, unless it may be unused; what failed is run once more, alone', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'chaos-company-'))
  const file = join(folder.path, 'scenarios.json')
  await writeFile(file, JSON.stringify(SCENARIOS))
  await using cli = await startCli(['run', '--profile', 'quick', '--stack', SHOP_HERE, '--scenarios', file, '--stacks', '1'])
  const { exitCode, stdout, stderr } = await cli.ended()
  const { scenarios, run } = await cli.result()
  const [unused, allowed, red] = scenarios
  expect([exitCode, ...scenarios.map(({ verdict }) => verdict)], stderr).toEqual([1, 'inconclusive', 'passed', 'failed'])
  expect(unused?.exposure).toEqual({ places: ['window'], unused: ['window'], allowed: false })
  expect(unused?.reasons).toEqual([expect.stringMatching(/^nothing used window: /)])
  expect(allowed?.exposure).toEqual({ places: ['window'], unused: ['window'], allowed: true })
  expect(red?.exposure).toEqual({ places: ['till'], unused: [], allowed: false })
  expect(red?.confirmation).toMatchObject({ verdict: 'failed', after: ['C-001', 'C-002'], beside: false })
  expect(red?.reasons.at(-1)).toBe('failed 2 of 2: once more alone, on a fresh stack')
  expect(stdout).toContain('failed 2 of 2')
  expect([unused?.confirmation, allowed?.confirmation]).toEqual([null, null])
  expect(await labelled(run.id)).toEqual([])
  expect(await leftoversOf(run.id)).toBe('')
}, 240_000)
