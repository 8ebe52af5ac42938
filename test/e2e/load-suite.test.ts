/** The load suite, and scenarios under a load: they have the machine to themselves. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { whyNotFound } from '../../build/found-defect.ts'
import { labelled, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { clauseOf, DEFECTS, LOAD_IDS, verdicts } from './support/default-stack.ts'

const RUN_LIMIT_MS = 600_000

describe('the load suite', () => {
  it(
    'passes on the healthy stack, with samples enough, every served answer known to the system, and leaves nothing',
    async () => {
      await using cli = await startCli(['run', '--suites', 'load', '--profile', 'quick'])
      const { exitCode, stdout, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, verdicts: verdicts(result) }, `${stdout}${stderr}`).toEqual({
        exitCode: 0,
        verdicts: Object.fromEntries(LOAD_IDS.map((id) => [id, ['passed', []]])),
      })
      for (const pattern of result.load) {
        const { requests, outcomes, completion, thresholds, k6, series } = pattern
        expect(outcomes).toEqual({ served: requests, rejected: 0, failed: 0 })
        expect(completion).toMatchObject({ served: requests, unknown: 0 })
        expect(thresholds.filter(({ gates, met }) => gates && met !== true)).toEqual([])
        expect(k6).toMatchObject({ runsIn: 'container', exitCode: 0 })
        expect((await stat(join(cli.outDir, series?.file ?? ''))).size).toBeGreaterThan(1_000)
        expect(stdout).toContain(pattern.id)
      }
      // A machine with more cores may not be brought to its knees by 500 users.
      const stress = result.load[1]
      if (stress?.breakingPoint === null) expect(stress.notes).toContain('it did not break up to the highest stage')
      else expect(stress?.breakingPoint.users).toBeGreaterThan(20)
      expect(result.load[2]?.recoveries).toHaveLength(2)
      expect(await labelled(result.run.id)).toEqual([])
      expect(await leftoversOf(result.run.id)).toBe('')
    },
    RUN_LIMIT_MS,
  )
})

const FOUND_WHILE_HELD = 'fails-when-crowded'

describe('chaos under load', () => {
  it(
    'passes on the healthy stack: the load goes on, its limits are kept before each fault and again after it',
    async () => {
      await using cli = await startCli(['run', '--only', 'NF-001,NF-002,WC-001', '--under-load', 'LT-001'])
      const { exitCode, stdout, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, verdicts: verdicts(result) }, `${stdout}${stderr}`).toEqual({
        exitCode: 0,
        verdicts: { 'NF-001': ['passed', []], 'NF-002': ['passed', []], 'WC-001': ['passed', []], 'LT-001-held': ['passed', []] },
      })
      for (const { expectations } of result.scenarios)
        expect(expectations.filter(({ text, met }) => text.startsWith('load: ') && met === true)).toHaveLength(2)
      const [held] = result.load
      expect(held?.users).toBe(100)
      // Nobody was served while no byte passed, and that is no failure of the load.
      expect((held?.outcomes.rejected ?? 0) + (held?.outcomes.failed ?? 0)).toBeGreaterThan(0)
      expect(await labelled(result.run.id)).toEqual([])
      expect(await leftoversOf(result.run.id)).toBe('')
    },
    RUN_LIMIT_MS,
  )

  it(
    'finds what is broken only in a crowd, which the canary of the same scenario never meets',
    async () => {
      const argv = ['run', '--only', 'NF-005', '--under-load', 'LT-001', '--defect', FOUND_WHILE_HELD]
      await using cli = await startCli(argv)
      const { exitCode } = await cli.ended()
      const [held] = (await cli.result()).load
      expect([exitCode, held?.verdict]).toEqual([1, 'failed'])
      expect(held?.reasons[0]).toMatch(/errors.* without a fault/)
    },
    RUN_LIMIT_MS,
  )
})

/**
 * Each pattern finds what breaks in a crowd alone; which of them finds what, all of it, is the nightly's matrix. Not two in
 * one stack: where the queen is late, who waits longer asks less often, and the crowd is none.
 */
const RUNS: readonly { readonly defect: string; readonly id: string }[] = [
  { defect: 'late-when-crowded', id: 'LT-001' },
  { defect: 'leaks-when-crowded', id: 'LT-002' },
  { defect: 'hides-failures-when-crowded', id: 'LT-003' },
]

describe('defects that only a crowd shows', () => {
  it('are all looked for, each pattern finding one at least', () => {
    const crowded = Object.entries(DEFECTS).flatMap(([name, { fails }]) =>
      fails.every((id) => LOAD_IDS.includes(id)) ? [name] : [],
    )
    expect([FOUND_WHILE_HELD, ...RUNS.map(({ defect }) => defect)].toSorted()).toEqual(crowded.toSorted())
    expect(RUNS.map(({ id }) => id)).toEqual(LOAD_IDS)
  })

  it.each(RUNS)(
    '$defect turns $id red',
    async ({ defect, id }) => {
      await using cli = await startCli(['run', '--profile', 'quick', '--only', id, '--defect', defect])
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      expect(whyNotFound(result, id, clauseOf(defect, id)), stderr).toBeNull()
      expect(exitCode).toBe(1)
    },
    RUN_LIMIT_MS,
  )
})
