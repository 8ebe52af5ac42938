/** The control is there to be noticed when it is hit as well: then the scenario says nothing about its target. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { stolenNote } from '../../src/core/stolen.ts'
import { docker, heard, labelled, runIdOf, startCli } from './cli.ts'

const PAUSE_MS = 2_000

/** Its control is the hive, no clause asks for answers that need the hive, and what the queen holds does not depend on it. */
const SCENARIOS = {
  name: 'Memory of the queen',
  suite: 'stress',
  scenarios: [
    {
      id: 'MEM-001',
      name: 'Memory stress on the queen',
      resource: 'memory',
      target: 'queen-rbee',
      threshold: '80%',
      duration_seconds: 30,
      expected_behavior: 'It lives.',
      expect: [{ container: { service: 'queen-rbee', survives: true } }],
    },
  ],
}

test('a control that a second fault hits makes the scenario an error, not a pass', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'chaos-control-'))
  const file = join(folder.path, 'scenarios.json')
  await writeFile(file, JSON.stringify(SCENARIOS))
  await using cli = await startCli(['run', '--scenarios', file])
  const runId = await runIdOf(cli)
  await heard(cli, 'MEM-001: during', 120_000)
  const service = ['--filter', 'label=com.docker.compose.service=rbee-hive']
  const hive = await docker('ps', '--quiet', '--filter', `label=chaos-action.run=${runId}`, ...service)
  await docker('pause', hive)
  await systemClock.sleep(PAUSE_MS, new AbortController().signal)
  await docker('unpause', hive)

  const { exitCode, stderr } = await cli.ended()
  const [scenario] = (await cli.result()).scenarios
  expect([exitCode, scenario?.verdict], stderr).toEqual([2, 'error'])
  expect(scenario?.control).toMatchObject({ service: 'rbee-hive', unaffected: false })
  // A probe that failed, answers that came late, or both; and nothing else is wrong.
  const hits = scenario?.reasons.filter((reason) => reason.startsWith('control rbee-hive was hit as well: ')) ?? []
  expect(hits.length).toBeGreaterThanOrEqual(1)
  expect(scenario?.reasons).toEqual([...hits, ...stolenNote(scenario?.host?.cpuStolenPercent ?? null)])
  expect(await labelled(runId)).toEqual([])
}, 120_000)
