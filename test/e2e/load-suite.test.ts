/** The load suite, and scenarios under a load: they have other loads beside them, and nothing else (build/lanes/plan.ts). */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { labelled } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { LOAD_IDS, whyNotPassed } from './support/default-stack.ts'
import { FAIR_LIMIT_MS, fairRun } from './support/fair-run.ts'

const QUICK = ['--profile', 'quick']
const UNDER_LOAD = ['NF-001', 'WC-001', 'LT-001-held']

describe('the load suite', () => {
  it(
    'passes on the healthy stack, with samples enough, every served answer known to the system, and leaves nothing',
    async () => {
      const { missing, first, judged, told } = await fairRun({
        ids: LOAD_IDS,
        argv: (ids) => ['run', ...(ids.length === LOAD_IDS.length ? ['--suites', 'load'] : ['--only', ids.join(',')]), ...QUICK],
        why: whyNotPassed,
        look: async ({ result, outDir }) => {
          for (const { series } of result.load) expect((await stat(join(outDir, series?.file ?? ''))).size).toBeGreaterThan(1_000)
        },
      })
      expect(missing, told).toEqual([])
      const patterns = [...judged.values()].filter((one) => 'outcomes' in one)
      expect(patterns.map(({ id }) => id).toSorted()).toEqual(LOAD_IDS)
      for (const { id, requests, outcomes, completion, thresholds, k6, breakingPoint } of patterns) {
        // Its limits allow for a few that are not served, and above the gate of LT-002 for many.
        expect(outcomes.served + outcomes.rejected + outcomes.failed).toBe(requests)
        expect(outcomes.served).toBeGreaterThan(requests * 0.9)
        expect(completion).toMatchObject({ served: outcomes.served, unknown: 0 })
        expect(thresholds.filter(({ gates, met }) => gates && met !== true)).toEqual([])
        // Above the gate a limit may be missed, and k6, which knows of no gate, says so by 99.
        expect(k6?.runsIn).toBe('container')
        expect(breakingPoint === null ? [0] : [0, 99]).toContain(k6?.exitCode)
        expect(first.stdout).toContain(id)
      }
      // A machine with more cores may not be brought to its knees by 500 users.
      const stress = patterns.find(({ id }) => id === 'LT-002')
      if (stress?.breakingPoint === null) expect(stress.notes).toContain('it did not break up to the highest stage')
      else expect(stress?.breakingPoint.users).toBeGreaterThan(20)
      expect(patterns.find(({ id }) => id === 'LT-003')?.recoveries).toHaveLength(2)
      expect(await labelled(first.result.run.id)).toEqual([])
      expect(await leftoversOf(first.result.run.id)).toBe('')
    },
    FAIR_LIMIT_MS,
  )
})

/** With a crowd that is served in time also by a machine whose CPUs others take away now and then. */
describe('chaos under load', () => {
  it(
    'passes on the healthy stack: the load goes on, its limits are kept before each fault and again after it',
    async () => {
      const { missing, first, judged, told } = await fairRun({
        ids: UNDER_LOAD,
        // What is judged of the load is judged beside all of them.
        argv: () => ['run', '--profile', 'smoke', '--only', 'NF-001,WC-001', '--under-load', 'LT-001'],
        why: whyNotPassed,
      })
      expect(missing, told).toEqual([])
      for (const one of judged.values()) {
        if ('expectations' in one) {
          expect(one.expectations.filter(({ text, met }) => text.startsWith('load: ') && met === true)).toHaveLength(2)
          continue
        }
        expect(one.users).toBe(50)
        // Nobody was served while no byte passed, and that is no failure of the load.
        expect(one.outcomes.rejected + one.outcomes.failed).toBeGreaterThan(0)
      }
      expect(judged.size).toBe(UNDER_LOAD.length)
      expect(await labelled(first.result.run.id)).toEqual([])
      expect(await leftoversOf(first.result.run.id)).toBe('')
    },
    FAIR_LIMIT_MS,
  )
})
