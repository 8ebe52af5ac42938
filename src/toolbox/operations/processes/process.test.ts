import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../core/time/clock.ts'
import { waitUntil } from '../../../core/time/wait.ts'
import { readStat } from '../../proc/process.ts'
import { UndoStack } from '../../undo-stack.ts'
import { signalProcess } from './process.ts'

const NO_CONTAINER = 'ab'.repeat(32)
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function sleeper(): { pid: number; child: ChildProcess } {
  const child = spawn('sleep', ['30'])
  children.push(child)
  if (child.pid === undefined) throw new Error('could not start a child')
  return { pid: child.pid, child }
}

const stateOf = async (pid: number): Promise<string | undefined> => (await readStat(pid))?.state

describe('a signal', () => {
  it('does not reach a process that is none of the container', async () => {
    const { pid } = sleeper()
    const undo = new UndoStack()
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
      await expect(signalProcess({ undo }, { pid, containerId: NO_CONTAINER, signal })).rejects.toThrow('does not belong to')
    expect(await stateOf(pid)).toMatch(/[SRD]/)
  })

  it('that was refused leaves nothing to undo: whom others stopped stays stopped', async () => {
    const { pid, child } = sleeper()
    child.kill('SIGSTOP')
    const options = { everyMs: 5, attemptMs: 1_000, limitMs: 5_000, signal: new AbortController().signal, clock: systemClock }
    const stopped = waitUntil(
      'the stop',
      () => stateOf(pid),
      (state) => state === 'T',
      options,
    )
    await stopped
    const undo = new UndoStack()
    await expect(signalProcess({ undo }, { pid, containerId: NO_CONTAINER, signal: 'SIGSTOP' })).rejects.toThrow(
      'does not belong to',
    )
    expect(await undo.undoAll()).toEqual([])
    expect(await stateOf(pid)).toBe('T')
  })

  it('to a process that has ended says so', async () => {
    const { pid, child } = sleeper()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    const args = { pid, containerId: NO_CONTAINER, signal: 'SIGTERM' } as const
    await expect(signalProcess({ undo: new UndoStack() }, args)).rejects.toThrow(`there is no process ${pid} any more`)
  })
})
