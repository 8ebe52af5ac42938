/** Green on the healthy stack. */
import { expect, it } from 'vitest'
import { labelled } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { SCENARIO_IDS, whyNotPassed } from './support/default-stack.ts'
import { FAIR_LIMIT_MS, fairRun } from './support/fair-run.ts'

function argv(ids: readonly string[]): string[] {
  const which = ids.length === SCENARIO_IDS.length ? ['--suites', 'chaos,stress'] : ['--only', ids.join(',')]
  return ['run', ...which, '--profile', 'quick', '--stacks', '2']
}

it(
  'all scenarios pass on the healthy stack, on two of them side by side, with evidence, and leave nothing',
  async () => {
    const { missing, first, judged, told } = await fairRun({ ids: SCENARIO_IDS, argv, why: whyNotPassed })
    expect(missing, told).toEqual([])
    const { result } = first
    expect(first.stdout).toContain('judged: the built-in reference services')
    expect([...result.scenarios.map(({ id }) => id)].toSorted()).toEqual(SCENARIO_IDS.toSorted())
    for (const scenario of judged.values()) {
      if (!('effect' in scenario)) throw new Error(`${scenario.id} is a load`)
      expect(scenario.effect.confirmed).toBe(true)
      expect(Object.keys(scenario.effect.measures).length).toBeGreaterThan(0)
      expect(scenario.recovery.afterMs).not.toBeNull()
      expect(scenario.canary.total).toBeGreaterThanOrEqual(20)
      expect(scenario.recoveryOnly).toBe(false)
      // Where a fault leaves nothing untouched there is no control, and the result says why.
      if (scenario.control === null) expect(scenario.controlReason).not.toBeNull()
      else expect([scenario.id, scenario.control.unaffected]).toEqual([scenario.id, true])
      expect(scenario.host?.memAvailableMinBytes).toBeGreaterThan(scenario.host?.memAvailableFloorBytes ?? Infinity)
      expect(scenario.host?.cpuStolenPercent).not.toBeNull()
      expect(first.stdout).toContain(scenario.id)
    }
    expect([result.run.reference, result.run.stacks]).toEqual([true, 2])
    expect(new Set(result.scenarios.map(({ stack }) => stack))).toEqual(new Set([1, 2]))
    expect(await labelled(result.run.id)).toEqual([])
    expect(await leftoversOf(result.run.id)).toBe('')
  },
  FAIR_LIMIT_MS,
)
