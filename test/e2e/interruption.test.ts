/** Whatever interrupts a run, nothing of it remains, and what is not its own is left alone. */
import { describe, expect, it } from 'vitest'
import { SHOP_HERE, SHOP_ID } from '../support/shop.ts'
import { docker, heard, labelled, runIdOf, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'
import { interruptedBySigint, inTheMiddle, killedAndCleaned } from './support/interrupted.ts'

const LIMIT_MS = 240_000

/** Until k6's requests are answered. */
async function underLoad(cli: Awaited<ReturnType<typeof startCli>>): Promise<string> {
  const runId = await runIdOf(cli)
  await heard(cli, 'users, ', 120_000)
  return runId
}

describe('an interrupted run', () => {
  it(
    'reverts and takes down on SIGINT, and says so by its exit code',
    async () => {
      await using cli = await startCli(['run', '--only', 'NF-001'])
      const runId = await inTheMiddle(cli)
      cli.child.kill('SIGINT')
      const { exitCode, stderr } = await cli.ended()
      expect(exitCode, stderr).toBe(130)
      expect(await labelled(runId)).toEqual([])
      const result = await cli.result()
      expect(result.verdict).toBe('error')
      expect(result.scenarios[0]?.cleanup).toEqual({ clean: true, leftovers: [] })
    },
    LIMIT_MS,
  )

  it(
    'reverts and takes down on SIGHUP as well, however often it comes',
    async () => {
      await using cli = await startCli(['run', '--only', 'WC-004'])
      const runId = await inTheMiddle(cli, 'WC-004')
      for (let times = 0; times < 3; times += 1) cli.child.kill('SIGHUP')
      const { exitCode, stderr } = await cli.ended()
      expect(exitCode, stderr).toBe(129)
      expect((await cli.result()).scenarios[0]?.cleanup).toEqual({ clean: true, leftovers: [] })
      expect(await labelled(runId)).toEqual([])
      expect(await leftoversOf(runId)).toBe('')
    },
    LIMIT_MS,
  )

  it(
    'is cleaned up after SIGKILL by cleanup, which leaves a live run alone',
    async () => {
      // Its window of 30 s outlasts the start of the other.
      await using killed = await startCli(['run', '--only', 'RE-001', '--profile', 'full'])
      const killedId = await inTheMiddle(killed, 'RE-001')
      await using live = await startCli(['run', '--stack', SHOP_HERE, '--only', SHOP_ID], killed.stateDir)
      const liveId = await inTheMiddle(live, SHOP_ID)
      killed.child.kill('SIGKILL')
      await killed.ended()
      expect((await labelled(killedId)).length).toBeGreaterThan(0)

      await using cleanup = await startCli(['cleanup'], killed.stateDir)
      const cleaned = await cleanup.ended()
      expect(cleaned.exitCode, cleaned.stderr).toBe(0)
      expect(cleaned.stdout).toContain(`${liveId}: left alone: alive`)
      expect(await labelled(killedId)).toEqual([])
      expect(await leftoversOf(killedId)).toBe('')

      const { exitCode, stderr } = await live.ended()
      const result = await live.result()
      expect([exitCode, result.scenarios[0]?.verdict, result.scenarios[0]?.reasons], stderr).toEqual([0, 'passed', []])
      expect(await labelled(liveId)).toEqual([])
    },
    LIMIT_MS,
  )

  // These two side by side: the second waits most of its time, for a proxy that does not answer.
  it.concurrent(
    'takes down when nobody reads its output any more',
    async () => {
      await using cli = await startCli(['run', '--only', 'RE-004,WC-003', '--stacks', '1'])
      const runId = await inTheMiddle(cli, 'RE-004')
      cli.child.stdout?.destroy()
      cli.child.stderr?.destroy()
      const { exitCode } = await cli.ended()
      const result = await cli.result()
      const told = result.scenarios.map(({ id, verdict, reasons }) => `${id} ${verdict}: ${reasons.join(' | ')}`).join('\n')
      expect([exitCode, result.verdict], told).toEqual([129, 'error'])
      expect(result.reasons.join('\n')).toContain('the end of whoever read the output')
      // What was under way is broken off and reverted, what was still to come does not begin.
      expect(result.scenarios.find(({ id }) => id === 'RE-004')?.cleanup).toEqual({ clean: true, leftovers: [] })
      expect(result.scenarios.map(({ id, verdict }) => [id, verdict])).not.toContainEqual(['WC-003', 'passed'])
      expect(await labelled(runId)).toEqual([])
      expect(await leftoversOf(runId)).toBe('')
    },
    LIMIT_MS,
  )

  it.concurrent(
    'ends as an error, not as a pass or a hang, when toxiproxy is paused under it',
    async () => {
      await using cli = await startCli(['run', '--only', 'NF-002'])
      const runId = await runIdOf(cli)
      await heard(cli, 'NF-002: during', 120_000)
      await docker(
        'pause',
        await docker(
          'ps',
          '--quiet',
          '--filter',
          `label=chaos-action.run=${runId}`,
          '--filter',
          'label=com.docker.compose.service=toxiproxy',
        ),
      )
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      expect([exitCode, result.scenarios[0]?.verdict], stderr).toEqual([2, 'error'])
      expect(result.scenarios[0]?.reasons.length).toBeGreaterThan(0)
      expect(await labelled(runId)).toEqual([])
    },
    LIMIT_MS,
  )
})

/**
 * With the above and interruption-everywhere, all that a fault puts into a machine (rules, filler files, limits, connections,
 * signals) meets an end of the run, and every kind of end meets faults; not each of the one with each of the other.
 */
describe('in the middle of', () => {
  it('RE-005, SIGINT leaves nothing on the machine', () => interruptedBySigint('RE-005'), LIMIT_MS)

  it(
    'a load pattern, SIGINT stops the load and leaves nothing on the machine',
    async () => {
      await using cli = await startCli(['run', '--only', 'LT-001'])
      const runId = await underLoad(cli)
      cli.child.kill('SIGINT')
      const { exitCode, stderr } = await cli.ended()
      const result = await cli.result()
      expect([exitCode, result.verdict, result.load[0]?.verdict], stderr).toEqual([130, 'error', 'error'])
      expect(result.load[0]?.reasons.join()).toContain('interrupted')
      expect(await labelled(runId)).toEqual([])
      expect(await leftoversOf(runId)).toBe('')
    },
    LIMIT_MS,
  )

  it('a load pattern, SIGKILL and cleanup leave nothing on the machine', () => killedAndCleaned('LT-001', underLoad), LIMIT_MS)
})
