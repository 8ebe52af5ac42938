/** Red on each defect that only a crowd shows, by the limit that it breaks. */
import { describe, expect, it } from 'vitest'
import { whyNotFound } from '../../build/found-defect.ts'
import { startCli } from './cli.ts'
import { clauseOf, DEFECTS, LOAD_IDS } from './support/default-stack.ts'
import { FAIR_LIMIT_MS, fairRun } from './support/fair-run.ts'

const RUN_LIMIT_MS = 600_000

/**
 * Each pattern finds what breaks in a crowd alone; which of them finds what, all of it, is the nightly's matrix. Not two in
 * one stack: where the queen is late, who waits longer asks less often, and the crowd is none.
 */
const RUNS: readonly { readonly defect: string; readonly id: string }[] = [
  { defect: 'late-when-crowded', id: 'LT-002' },
  { defect: 'leaks-when-crowded', id: 'LT-001' },
  { defect: 'hides-failures-when-crowded', id: 'LT-003' },
]
/** Found while a load holds under another scenario. */
const HELD = 'fails-when-crowded'

describe('defects that only a crowd shows', () => {
  it('are all looked for, each pattern finding one at least', () => {
    const crowded = Object.entries(DEFECTS).flatMap(([name, { fails }]) =>
      fails.every((id) => LOAD_IDS.includes(id)) ? [name] : [],
    )
    expect([...RUNS.map(({ defect }) => defect), HELD].toSorted()).toEqual(crowded.toSorted())
    expect(RUNS.map(({ id }) => id).toSorted()).toEqual(LOAD_IDS)
  })

  // Two of them at a time, beside the healthy ones (build/lanes/plan.ts), the longest first: what they look for is there on a busy machine as well.
  it.concurrent(
    'are found while a load holds, which the canary of the same scenario never meets',
    async () => {
      const argv = ['run', '--profile', 'smoke', '--only', 'NF-005', '--under-load', 'LT-001', '--defect', HELD]
      await using cli = await startCli(argv)
      const { exitCode } = await cli.ended()
      const [held] = (await cli.result()).load
      expect([exitCode, held?.verdict]).toEqual([1, 'failed'])
      expect(held?.reasons[0]).toMatch(/errors.* without a fault/)
    },
    RUN_LIMIT_MS,
  )

  it.concurrent.each(RUNS)(
    '$defect turns $id red',
    async ({ defect, id }) => {
      const { missing, told } = await fairRun({
        ids: [id],
        argv: () => ['run', '--profile', 'quick', '--only', id, '--defect', defect],
        why: (result) => whyNotFound(result, id, clauseOf(defect, id)),
      })
      expect(missing, told).toEqual([])
    },
    FAIR_LIMIT_MS,
  )
})
