/** The control is there to be noticed when it is hit as well: then the scenario says nothing about its target. */
import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { stolenNote } from '../../src/core/stolen.ts'
import { docker, heard, labelled, runIdOf, startCli } from './cli.ts'

const PAUSE_MS = 2_000

test('a control that a second fault hits makes the scenario an error, not a pass', async () => {
  // Its target is the queen, its control the hive, and no clause of it asks for answers that need the hive.
  await using cli = await startCli(['run', '--only', 'ST-004'])
  const runId = await runIdOf(cli)
  await heard(cli, 'ST-004: during', 120_000)
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
