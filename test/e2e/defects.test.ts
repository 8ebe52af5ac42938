/**
 * Red on each defect, by the clause that the defect breaks. Several defects are in one stack: each scenario is there for one
 * of them, and that it names its clause makes the proof. That each turns no other scenario red takes a full run per defect:
 * `npm run matrix` shows it in docs/defects.md, every night.
 */
import { describe, expect, it } from 'vitest'
import { whyNotFound } from '../../build/found-defect.ts'
import { startCli } from './cli.ts'
import { clauseOf, DEFECTS, LOAD_IDS, SCENARIO_IDS } from './support/default-stack.ts'

const RUN_LIMIT_MS = 600_000

/** No two of a group claim the same scenario, and none hides what another one breaks. */
const GROUPS: readonly (readonly string[])[] = [
  [
    ...['single-short-attempt', 'total-body-deadline', 'accepts-without-storing', 'never-force-kills'],
    ...['no-registration-timeout', 'hive-dies-without-descriptors', 'queen-dies-without-descriptors'],
  ],
  // A queen that hangs without a hive would hide a hive that drops, and one that drops a queen that hoards.
  ['hangs-without-upstream', 'no-failover', 'queen-drops-when-busy', 'fails-when-full', 'ignores-vram'],
  ['no-backoff', 'keeps-dead-workers', 'hive-drops-when-busy'],
  // What a queen does with the memory that she hoards takes CPU time, which ST-006 would find used before its fault.
  ['hoards-memory', 'tight-upstream-timeout', 'no-retry-on-reset', 'truncates-slow-bodies'],
]

/** Those that only a load finds have their own file. */
const wanted = Object.entries(DEFECTS).flatMap(([name, { fails }]) =>
  fails.every((id) => LOAD_IDS.includes(id)) ? [] : [[name, fails] as const],
)

function pairsOf(group: readonly string[]): [string, string][] {
  return group.flatMap((name) => (DEFECTS[name]?.fails ?? []).map((id): [string, string] => [name, id]))
}

describe('the groups', () => {
  it('hold every defect once, and cover every scenario', () => {
    expect(GROUPS.flat().toSorted()).toEqual(wanted.map(([name]) => name).toSorted())
    const covered = new Set(GROUPS.flatMap(pairsOf).map(([, id]) => id))
    expect(SCENARIO_IDS.filter((id) => !covered.has(id))).toEqual([])
  })

  it.each(GROUPS.map((group) => [group]))('claim a scenario for one defect: %j', (group) => {
    const claimed = pairsOf(group).map(([, id]) => id)
    expect(claimed.toSorted()).toEqual([...new Set(claimed)].toSorted())
  })
})

it.each(GROUPS.map((group) => [group]))(
  '%j turn red what each of them breaks',
  async (group) => {
    const pairs = pairsOf(group)
    const only = pairs.map(([, id]) => id).join(',')
    await using cli = await startCli(['run', '--profile', 'quick', '--only', only, '--defect', group.join(',')])
    const { exitCode, stderr } = await cli.ended()
    const result = await cli.result()
    const missing = pairs.flatMap(([name, id]) => {
      const why = whyNotFound(result, id, clauseOf(name, id))
      return why === null ? [] : [`${name}: ${why}`]
    })
    expect(missing, stderr).toEqual([])
    expect(exitCode).toBe(1)
  },
  RUN_LIMIT_MS,
)
