/** Green on the healthy stack. */
import { expect, it } from 'vitest'
import { labelled, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { SCENARIO_IDS, verdicts } from './support/default-stack.ts'

const RUN_LIMIT_MS = 600_000

it(
  'all scenarios pass on the healthy stack, on two of them side by side, with evidence, and leave nothing',
  async () => {
    await using cli = await startCli(['run', '--suites', 'chaos,stress', '--profile', 'quick', '--stacks', '2'])
    const { exitCode, stdout, stderr } = await cli.ended()
    const result = await cli.result()
    expect({ exitCode, verdicts: verdicts(result) }, stderr).toEqual({
      exitCode: 0,
      verdicts: Object.fromEntries(SCENARIO_IDS.map((id) => [id, ['passed', []]])),
    })
    for (const scenario of result.scenarios) {
      expect(scenario.effect.confirmed).toBe(true)
      expect(Object.keys(scenario.effect.measures).length).toBeGreaterThan(0)
      expect(scenario.recovery.afterMs).not.toBeNull()
      expect(scenario.canary.total).toBeGreaterThanOrEqual(20)
      expect(scenario.recoveryOnly).toBe(false)
      // Where a fault leaves nothing untouched there is no control, and the result says why.
      if (scenario.control === null) expect(scenario.controlReason).not.toBeNull()
      else expect([scenario.id, scenario.control.unaffected]).toEqual([scenario.id, true])
      expect(scenario.host?.memAvailableMinBytes).toBeGreaterThan(scenario.host?.memAvailableFloorBytes ?? Infinity)
      expect(stdout).toContain(scenario.id)
    }
    expect([result.run.reference, result.run.stacks]).toEqual([true, 2])
    expect(new Set(result.scenarios.map(({ stack }) => stack))).toEqual(new Set([1, 2]))
    expect(await labelled(result.run.id)).toEqual([])
    expect(await leftoversOf(result.run.id)).toBe('')
  },
  RUN_LIMIT_MS,
)
