/** Inconclusive when nothing is injected. */
import { expect, it } from 'vitest'
import { labelled, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { SCENARIO_IDS } from './support/default-stack.ts'

const RUN_LIMIT_MS = 600_000

it(
  'all scenarios are inconclusive when nothing is injected, and exit 3',
  async () => {
    await using cli = await startCli(['run', '--suites', 'chaos,stress', '--profile', 'quick', '--no-inject'])
    const { exitCode, stdout, stderr } = await cli.ended()
    const result = await cli.result()
    expect({ exitCode, verdicts: result.scenarios.map((s) => [s.id, s.verdict]) }, stderr).toEqual({
      exitCode: 3,
      verdicts: SCENARIO_IDS.map((id) => [id, 'inconclusive']),
    })
    expect([result.verdict, result.run.noInject]).toEqual(['inconclusive', true])
    expect(stdout).toContain('rehearsal: nothing was injected')
    expect(await labelled(result.run.id)).toEqual([])
    expect(await leftoversOf(result.run.id)).toBe('')
    // The rehearsal flag alone would make them inconclusive; the effect itself must not be confirmed either.
    for (const scenario of result.scenarios) expect([scenario.id, scenario.effect.confirmed]).toEqual([scenario.id, false])
  },
  RUN_LIMIT_MS,
)
