import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { lookAtProcess, readDescriptors, readStat, requireProcess, sameProcess, whileItLives } from './process.ts'

const NO_CONTAINER = 'ab'.repeat(32)
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function start(script: string): Promise<{ pid: number; child: ChildProcess; said: string }> {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] })
  children.push(child)
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  if (child.pid === undefined) throw new Error('could not start a child')
  return { pid: child.pid, child, said: chunk.toString('utf8').trim() }
}

const startTicksOf = async (pid: number): Promise<number> => (await readStat(pid))?.startTicks ?? Number.NaN

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

describe('a process', () => {
  it('is the same one until it ends', async () => {
    const { pid, child } = await start('echo up; exec sleep 30')
    const startTicks = await startTicksOf(pid)
    expect(startTicks).toBeGreaterThan(0)
    expect(await sameProcess(pid, startTicks)).toMatchObject({ state: expect.stringMatching(/[SRD]/) as string, ending: false })
    expect(await sameProcess(pid, startTicks + 1)).toBeNull()
    await end(child)
    expect(await sameProcess(pid, startTicks)).toBeNull()
  })

  it('that is a zombie is over', async () => {
    // The child ends when its parent has become a program that never waits for one.
    const { said } = await start('(until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done) & echo $!; exec sleep 30')
    const zombie = Number(said)
    const deadlineMs = performance.now() + 5_000
    while ((await readStat(zombie))?.state !== 'Z' && performance.now() < deadlineMs) await new Promise((r) => setImmediate(r))
    const stat = await readStat(zombie)
    expect(stat).toMatchObject({ state: 'Z', ending: true })
    expect(await sameProcess(zombie, stat?.startTicks ?? 0)).toBeNull()
    await expect(requireProcess({ pid: zombie, containerId: NO_CONTAINER })).rejects.toThrow('there is no process')
  })

  it('of no container is not there for a helper', async () => {
    const { pid } = await start('echo up; exec sleep 30')
    expect(await lookAtProcess({ pid, containerId: NO_CONTAINER })).toEqual({
      ...{ alive: false, state: null, name: null, startTicks: null, uid: null, gid: null, pendingSignals: [], descriptors: null },
    })
    await expect(requireProcess({ pid, containerId: NO_CONTAINER })).rejects.toThrow('does not belong to container')
  })
})

describe('an undo', () => {
  it('is done while its process lives, and fails when it cannot be', async () => {
    const { pid } = await start('echo up; exec sleep 30')
    const startTicks = await startTicksOf(pid)
    expect(await whileItLives(pid, startTicks, () => Promise.resolve(true))).toBe(true)
    await expect(whileItLives(pid, startTicks, () => Promise.reject(new Error('not allowed')))).rejects.toThrow('not allowed')
  })

  it('has nothing to do for a process that has ended, or that ends meanwhile', async () => {
    const { pid, child } = await start('echo up; exec sleep 30')
    const startTicks = await startTicksOf(pid)
    let tried = 0
    const work = async (): Promise<boolean> => {
      tried += 1
      await end(child)
      throw new Error('no such process')
    }
    expect(await whileItLives(pid, startTicks, work)).toBe(false)
    expect(await whileItLives(pid, startTicks, work)).toBe(false)
    expect(tried).toBe(1)
  })
})

describe('descriptors', () => {
  it('are counted, and the highest number and the limits are known', async () => {
    // Whoever runs this test may have left some open as well. A shell that waits for a line opens none.
    const without = await start('exec 7<&- 9<&-; echo up; read line')
    const before = await readDescriptors(without.pid)
    const { pid } = await start('ulimit -Sn 100; exec 7</dev/null 9</dev/null; echo up; read line')
    const now = await readDescriptors(pid)
    expect(before?.open).toBeGreaterThanOrEqual(3)
    expect(now).toMatchObject({ open: (before?.open ?? 0) + 2, highest: Math.max(before?.highest ?? 0, 9), softLimit: 100 })
    expect(now?.hardLimit).toBe(before?.hardLimit)
  })

  it('of nobody are null', async () => {
    const { pid, child } = await start('echo up; exec sleep 30')
    await end(child)
    expect(await readDescriptors(pid)).toBeNull()
  })
})
