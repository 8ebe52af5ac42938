/** Green on the healthy stack, red on each defect and only where it declares, inconclusive when nothing is injected. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { labelled, startCli } from './cli.ts'

const RUN_LIMIT_MS = 300_000
const IDS = ['NF-001', 'NF-002', 'NF-003', 'NF-004', 'NF-005']

const stack = JSON.parse(await readFile(new URL('../../stack/stack.json', import.meta.url), 'utf8')) as {
  defects: { known: Record<string, { fails: string[] }> }
}
const defects = Object.entries(stack.defects.known).map(([name, { fails }]) => [name, [...fails].sort()] as const)

describe('the chaos suite', () => {
  it(
    'passes on the healthy stack, with evidence, and leaves nothing',
    async () => {
      await using cli = await startCli(['run', '--suites', 'chaos', '--profile', 'quick'])
      const { exitCode, stdout, stderr } = await cli.ended()
      const result = await cli.result()
      expect({ exitCode, reasons: result.scenarios.map((s) => [s.id, s.verdict, s.reasons]) }, stderr).toEqual({
        exitCode: 0,
        reasons: IDS.map((id) => [id, 'passed', []]),
      })
      for (const scenario of result.scenarios) {
        expect(scenario.effect.confirmed).toBe(true)
        expect(Object.keys(scenario.effect.measures).length).toBeGreaterThan(0)
        expect(scenario.recovery.afterMs).not.toBeNull()
        expect(scenario.canary.total).toBeGreaterThanOrEqual(20)
        expect(scenario.recoveryOnly).toBe(false)
        expect(scenario.control?.unaffected).toBe(true)
        expect(stdout).toContain(scenario.id)
      }
      expect(result.run.reference).toBe(true)
      expect(await labelled(result.run.id)).toEqual([])
    },
    RUN_LIMIT_MS,
  )

  it(
    'is inconclusive throughout when nothing is injected, and exits 3',
    async () => {
      await using cli = await startCli(['run', '--suites', 'chaos', '--profile', 'quick', '--no-inject'])
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

describe('defects', () => {
  it('cover every scenario', () => {
    const covered = new Set(defects.flatMap(([, fails]) => fails))
    expect(IDS.filter((id) => !covered.has(id))).toEqual([])
  })

  it.each(defects)(
    '%s turns red %j and nothing else',
    async (name, fails) => {
      await using cli = await startCli(['run', '--suites', 'chaos', '--profile', 'quick', '--defect', name])
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      const seen = result.scenarios.map((s) => [s.id, s.verdict, s.verdict === 'passed' ? [] : s.reasons])
      expect(
        result.scenarios.filter((s) => s.verdict === 'failed').map((s) => s.id),
        JSON.stringify(seen, null, 1),
      ).toEqual(fails)
      expect(
        result.scenarios.filter((s) => s.verdict !== 'failed' && s.verdict !== 'passed').map((s) => s.id),
        JSON.stringify(seen),
      ).toEqual([])
      expect(exitCode, stderr).toBe(1)
    },
    RUN_LIMIT_MS,
  )
})
