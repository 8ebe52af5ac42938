/**
 * Red on each defect, by the clause that the defect breaks. Several defects are in one stack: each scenario is there for one
 * of them, and that it names its clause makes the proof. That each turns no other scenario red takes a full run per defect:
 * `npm run matrix` shows it in docs/defects.md, every night.
 */
import { describe, expect, it } from 'vitest'
import { whyNotFound } from '../../build/found-defect.ts'
import { clauseOf, DEFECTS, LOAD_IDS, SCENARIO_IDS } from './support/default-stack.ts'
import { FAIR_LIMIT_MS, fairRun } from './support/fair-run.ts'

/**
 * Each defect, and the scenarios that are to find it here; no two of a group claim the same, and none hides what another one
 * breaks. Each defect is found, and each scenario finds one; the pairs that are declared beyond these are the matrix's.
 */
type Group = Readonly<Record<string, readonly string[]>>

const BESIDE: readonly Group[] = [
  {
    'no-backoff': ['NF-001'],
    'tight-upstream-timeout': ['NF-002'],
    'truncates-slow-bodies': ['NF-004'],
    'no-retry-on-reset': ['NF-005'],
    'keeps-dead-workers': ['RE-002', 'WC-003', 'ST-002'],
    'hive-dies-without-descriptors': ['RE-004'],
    'no-registration-timeout': ['WC-002'],
    'never-force-kills': ['WC-004'],
    'accepts-without-storing': ['RE-001'],
    'queen-dies-without-descriptors': ['ST-004'],
  },
  {
    'hangs-without-upstream': ['NF-001'],
    'total-body-deadline': ['NF-004'],
    'forgets-at-start': ['RE-001'],
    'no-failover': ['WC-001', 'WC-005'],
    'fails-when-full': ['ST-003'],
  },
]

/** They use up the machine, or find it used up, or are hidden by others. */
const ALONE: readonly Group[] = [
  // What a queen does with the memory that she hoards takes CPU time, which ST-006 would find used before its fault. And what she
  // can do side by side is told by milliseconds.
  { 'hoards-memory': ['ST-005'], 'ignores-vram': ['RE-005'], 'few-at-once-after-a-failure': ['NF-005'] },
  // Who drops when busy, or waits for 300 ms only, drops also because a machine is busy, and would be in the way of whatever
  // else is looked for.
  { 'queen-drops-when-busy': ['RE-003'], 'hive-drops-when-busy': ['ST-001'] },
  { 'single-short-attempt': ['NF-003', 'ST-006'] },
]

/**
 * Looked for by the matrix alone, every night: of what turns the same scenarios red one is enough here, and what is slow for good
 * takes the whole limit of each recovery to be shown.
 */
const NIGHTLY: readonly string[] = [
  ...['slow-with-who-came-back', 'mixes-up-late-answers', 'keeps-what-it-refused', 'waits-behind-large-answers'],
  ...['shortens-when-late', 'does-what-it-refuses', 'refuses-after-a-shortage', 'hoards-descriptors'],
  ...['gives-work-before-ready', 'keeps-memory-of-the-refused', 'repeats-under-another-id'],
]

/** These first: what CI has beside them later uses up some of the machine. */
const GROUPS = [...ALONE, ...BESIDE]

/** Those that only a load finds have their own file. */
const wanted = Object.entries(DEFECTS).flatMap(([name, { fails }]) =>
  fails.every((id) => LOAD_IDS.includes(id)) || NIGHTLY.includes(name) ? [] : [name],
)

function pairsOf(group: Group): [string, string][] {
  return Object.entries(group).flatMap(([name, ids]) => ids.map((id): [string, string] => [name, id]))
}

describe('the groups', () => {
  it('hold every defect once, and cover every scenario, by what is declared', () => {
    expect(GROUPS.flatMap((group) => Object.keys(group)).toSorted()).toEqual(wanted.toSorted())
    const pairs = GROUPS.flatMap(pairsOf)
    expect(SCENARIO_IDS.filter((id) => !pairs.some(([, claimed]) => claimed === id))).toEqual([])
    expect(wanted.filter((name) => !pairs.some(([claiming]) => claiming === name))).toEqual([])
    expect(pairs.filter(([name, id]) => DEFECTS[name]?.fails.includes(id) !== true)).toEqual([])
  })

  it.each(GROUPS.map((group) => [group]))('claim a scenario for one defect: %j', (group) => {
    const claimed = pairsOf(group).map(([, id]) => id)
    expect(claimed.toSorted()).toEqual([...new Set(claimed)].toSorted())
  })
})

const named = (groups: readonly Group[]): [string, Group][] => groups.map((group) => [Object.keys(group).join(','), group])

async function expectFound(defects: string, group: Group): Promise<void> {
  const defectOf = new Map(pairsOf(group).map(([name, id]) => [id, name]))
  const { missing, told } = await fairRun({
    ids: [...defectOf.keys()],
    argv: (ids) => ['run', '--profile', 'quick', '--no-confirm', '--only', ids.join(','), '--defect', defects],
    why: (result, id) => {
      const name = defectOf.get(id) ?? ''
      const why = whyNotFound(result, id, clauseOf(name, id))
      return why === null ? null : `${name}: ${why}`
    },
  })
  expect(missing, told).toEqual([])
}

// One after the other: four stacks, or three, each looked at by several eyes, use up two CPUs, and what is told of a starved harness
// is nothing.
it.each(named(GROUPS))('%s turn red what each of them breaks', expectFound, FAIR_LIMIT_MS)
