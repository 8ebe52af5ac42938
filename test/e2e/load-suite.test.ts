/** The load suite, and scenarios under a load: they have the machine to themselves. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { labelled, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { LOAD_IDS, verdicts } from './support/default-stack.ts'

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
        // Its limits allow for a few that are not served, and above the gate of LT-002 for many.
        expect(outcomes.served + outcomes.rejected + outcomes.failed).toBe(requests)
        expect(outcomes.served).toBeGreaterThan(requests * 0.9)
        expect(completion).toMatchObject({ served: outcomes.served, unknown: 0 })
        expect(thresholds.filter(({ gates, met }) => gates && met !== true)).toEqual([])
        // Above the gate a limit may be missed, and k6, which knows of no gate, says so by 99.
        expect(k6?.runsIn).toBe('container')
        expect(pattern.breakingPoint === null ? [0] : [0, 99]).toContain(k6?.exitCode)
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

/** With a crowd that is served in time also by a machine whose CPUs others take away now and then. */
describe('chaos under load', () => {
  it(
    'passes on the healthy stack: the load goes on, its limits are kept before each fault and again after it',
    async () => {
      await using cli = await startCli(['run', '--profile', 'smoke', '--only', 'NF-001,NF-002,WC-001', '--under-load', 'LT-001'])
      const { exitCode, stdout, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, verdicts: verdicts(result) }, `${stdout}${stderr}`).toEqual({
        exitCode: 0,
        verdicts: { 'NF-001': ['passed', []], 'NF-002': ['passed', []], 'WC-001': ['passed', []], 'LT-001-held': ['passed', []] },
      })
      for (const { expectations } of result.scenarios)
        expect(expectations.filter(({ text, met }) => text.startsWith('load: ') && met === true)).toHaveLength(2)
      const [held] = result.load
      expect(held?.users).toBe(50)
      // Nobody was served while no byte passed, and that is no failure of the load.
      expect((held?.outcomes.rejected ?? 0) + (held?.outcomes.failed ?? 0)).toBeGreaterThan(0)
      expect(await labelled(result.run.id)).toEqual([])
      expect(await leftoversOf(result.run.id)).toBe('')
    },
    RUN_LIMIT_MS,
  )
})
