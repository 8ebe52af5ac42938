/** Green on the healthy stack, red on each defect where it declares it, inconclusive when nothing is injected. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/core/model.ts'
import { labelled, startCli } from './cli.ts'
import { leftovers } from './leftovers.ts'

const RUN_LIMIT_MS = 600_000
const SUITES = ['--suites', 'chaos,stress', '--profile', 'quick']
/** The original's: five network failures, five crashes, five exhausted resources, six of stress, three of load. */
const IDS = [...ids('NF', 5), ...ids('RE', 5), ...ids('WC', 5), ...ids('ST', 6)]
const LOAD_IDS = ids('LT', 3)

function ids(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${String(index + 1).padStart(3, '0')}`)
}

const stack = JSON.parse(await readFile(new URL('../../stack/stack.json', import.meta.url), 'utf8')) as {
  defects: { known: Record<string, { fails: string[] }> }
}
const defects = Object.entries(stack.defects.known).map(([name, { fails }]) => [name, [...fails].sort()] as const)

/** Those of load take half a minute for each pattern: here each has one, by turns, and the matrix has all. */
function shortened(fails: readonly string[], index: number): readonly string[] {
  return fails.every((id) => LOAD_IDS.includes(id)) ? fails.slice(index % fails.length).slice(0, 1) : fails
}

function verdicts({ scenarios, load }: RunResult): Record<string, [string, string[]]> {
  return Object.fromEntries([...scenarios, ...load].map(({ id, verdict, reasons }) => [id, [verdict, reasons]]))
}

describe('the chaos and stress suites', () => {
  it(
    'pass on the healthy stack, with evidence, and leave nothing',
    async () => {
      await using cli = await startCli(['run', ...SUITES])
      const { exitCode, stdout, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, verdicts: verdicts(result) }, stderr).toEqual({
        exitCode: 0,
        verdicts: Object.fromEntries(IDS.map((id) => [id, ['passed', []]])),
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
      expect(result.run.reference).toBe(true)
      expect(await labelled(result.run.id)).toEqual([])
      expect(await leftovers()).toBe('')
    },
    RUN_LIMIT_MS,
  )

  it(
    'are inconclusive throughout when nothing is injected, and exit 3',
    async () => {
      await using cli = await startCli(['run', ...SUITES, '--no-inject'])
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, verdicts: result.scenarios.map((s) => [s.id, s.verdict]) }, stderr).toEqual({
        exitCode: 3,
        verdicts: IDS.map((id) => [id, 'inconclusive']),
      })
      // The rehearsal flag alone would make them inconclusive; the effect itself must not be confirmed either.
      for (const scenario of result.scenarios) expect([scenario.id, scenario.effect.confirmed]).toEqual([scenario.id, false])
    },
    RUN_LIMIT_MS,
  )
})

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
      expect(await leftovers()).toBe('')
    },
    RUN_LIMIT_MS,
  )
})

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
      expect(await leftovers()).toBe('')
    },
    RUN_LIMIT_MS,
  )

  it(
    'finds what is broken only in a crowd, which the canary of the same scenario never meets',
    async () => {
      const argv = ['run', '--only', 'NF-005', '--under-load', 'LT-001', '--defect', 'fails-when-crowded']
      await using cli = await startCli(argv)
      const { exitCode } = await cli.ended()
      const [held] = (await cli.result()).load
      expect([exitCode, held?.verdict]).toEqual([1, 'failed'])
      expect(held?.reasons[0]).toMatch(/errors.* without a fault/)
    },
    RUN_LIMIT_MS,
  )
})

describe('defects', () => {
  it('cover every scenario', () => {
    const covered = new Set(defects.flatMap(([, fails]) => fails))
    expect([...IDS, ...LOAD_IDS].filter((id) => !covered.has(id))).toEqual([])
  })

  // That each turns no other scenario red takes a full run per defect: `npm run matrix` shows it in docs/defects.md.
  it.each(defects.map(([name, fails], index) => [name, shortened(fails, index)] as const))(
    '%s turns red %j',
    async (name, fails) => {
      await using cli = await startCli(['run', '--profile', 'quick', '--only', fails.join(','), '--defect', name])
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      const seen = verdicts(result)
      expect(
        fails.map((id) => [id, seen[id]?.[0]]),
        JSON.stringify(seen, null, 1),
      ).toEqual(fails.map((id) => [id, 'failed']))
      expect(exitCode, stderr).toBe(1)
    },
    RUN_LIMIT_MS,
  )
})
