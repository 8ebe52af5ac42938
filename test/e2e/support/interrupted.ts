/** A run that is ended in the middle of a fault, and what must not be there afterwards. */
import { expect } from 'vitest'
import { heard, labelled, runIdOf, startCli } from '../cli.ts'
import { leftoversOf } from '../leftovers.ts'

/** Until the fault is on. @returns the id of the run. */
export async function inTheMiddle(cli: Awaited<ReturnType<typeof startCli>>, id = 'NF-001'): Promise<string> {
  const runId = await runIdOf(cli)
  await heard(cli, `${id}: during`, 120_000)
  return runId
}

/** It takes all back itself. */
export async function interruptedBySigint(id: string): Promise<void> {
  await using cli = await startCli(['run', '--only', id])
  const runId = await inTheMiddle(cli, id)
  cli.child.kill('SIGINT')
  const { exitCode, stderr } = await cli.ended()
  expect(exitCode, stderr).toBe(130)
  expect((await cli.result()).scenarios[0]?.cleanup).toEqual({ clean: true, leftovers: [] })
  expect(await labelled(runId)).toEqual([])
  expect(await leftoversOf(runId)).toBe('')
}

/** Another process takes back what it finds. `underWay` ends, with the id of the run, when it is to be killed. */
export async function killedAndCleaned(id: string, underWay = inTheMiddle): Promise<void> {
  await using killed = await startCli(['run', '--only', id])
  const runId = await underWay(killed, id)
  killed.child.kill('SIGKILL')
  await killed.ended()
  expect(await leftoversOf(runId)).toContain(runId)
  await using cleanup = await startCli(['cleanup'], killed.stateDir)
  const { exitCode, stderr } = await cleanup.ended()
  expect(exitCode, stderr).toBe(0)
  expect(await leftoversOf(runId)).toBe('')
}
