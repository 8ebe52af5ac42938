/** CPU, memory and disk of real containers, taken by a helper beside them. */
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ToolboxHelper, ToolboxPort } from '../../src/ports/toolbox.ts'
import { RUN_LABEL } from '../../src/stack/docker/labels.ts'
import type { ProcessRef } from '../../src/toolbox/operations/arguments.ts'
import { docker, signal, startRig, type Rig } from './support/toolbox-rig.ts'
import { eventually, mainProcess, MEMORY_BYTES, onHost, QUOTA_US, restarts, startVictim } from './support/victim.ts'

const MIB = 1024 * 1024
const VOLUME_BYTES = 8 * MIB

let rig: Rig
let toolbox: ToolboxPort
let victim: string

beforeAll(async () => {
  rig = await startRig()
  toolbox = rig.toolbox()
  victim = await startVictim(rig, 'victim')
}, 180_000)

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

async function withHelper<T>(
  request: Parameters<ToolboxPort['start']>[0],
  work: (helper: ToolboxHelper) => Promise<T>,
  from = toolbox,
): Promise<T> {
  const helper = await from.start(request, signal())
  try {
    return await work(helper)
  } finally {
    expect(await from.stop(helper.name, signal())).toMatchObject({ exitCode: 0 })
  }
}

const onCgroups = (role: string, fillBytes?: number): Parameters<ToolboxPort['start']>[0] =>
  onHost(rig, role, { cgroups: true, ...(fillBytes === undefined ? {} : { fillBytes }) })
const read = (helper: ToolboxHelper, process: ProcessRef) => helper.call('cgroup.read', process, signal())

async function usedCpu(helper: ToolboxHelper, process: ProcessRef, ms: number): Promise<{ share: number; throttled: number }> {
  const before = await read(helper, process)
  const startedMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const after = await read(helper, process)
  const elapsedUs = (performance.now() - startedMs) * 1_000
  const quota = (after.cpuQuotaUs ?? 0) / (after.cpuPeriodUs ?? 1)
  return {
    share: ((after.cpuUsageUs ?? 0) - (before.cpuUsageUs ?? 0)) / elapsedUs / quota,
    throttled: (after.throttledPeriods ?? 0) - (before.throttledPeriods ?? 0),
  }
}

/** By the machine's own /proc: where the helper itself looks is beside the point. */
async function burnersIn(containerId: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (pid: string, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const found = await Promise.all(
    pids.map(async (pid) =>
      (await read(pid, 'comm')).startsWith('stress-ng') && (await read(pid, 'cgroup')).includes(containerId) ? [pid] : [],
    ),
  )
  return found.flat()
}

describe('the cgroup of a container', () => {
  it('is found and read, and that of another container is not', async () => {
    await withHelper(onCgroups('read'), async (helper) => {
      const process = await mainProcess(victim)
      const facts = await read(helper, process)
      expect(facts).toMatchObject({ memoryLimitBytes: MEMORY_BYTES, cpuQuotaUs: QUOTA_US, cpuPeriodUs: 100_000, oomKills: 0 })
      expect(facts.path).toContain(victim)
      expect(facts.memoryUsageBytes).toBeGreaterThan(1 * MIB)
      expect(facts.cpuUsageUs).toBeGreaterThan(0)
      await expect(read(helper, { ...process, containerId: rig.client })).rejects.toThrow('does not belong to container')
    })
  })
})

describe('CPU', () => {
  it('is burnt inside the quota of the target, and no more once it is undone', async () => {
    await withHelper(onCgroups('burn'), async (helper) => {
      const process = await mainProcess(victim)
      const idle = await usedCpu(helper, process, 500)
      const { mechanism } = await helper.call('cpu.burn', { ...process, workers: 2, loadPercent: 100 }, signal())
      expect(mechanism).toMatch(/^stress-ng, 2 CPU workers in the target's cgroup \(v[12]\)$/)
      const [before, atMs] = [await helper.call('cpu.read', {}, signal()), performance.now()]
      const busy = await usedCpu(helper, process, 1_000)
      const [burners, endMs] = [await helper.call('cpu.read', {}, signal()), performance.now()]
      expect(idle.share).toBeLessThan(0.5)
      expect(busy.share).toBeGreaterThan(0.5)
      // Whatever the machine gives: both were at it or waited to be, all the time. The kernel counts a wait when it has ended: of
      // a second a tenth may be missing, a period of the quota.
      const takenUs = burners.cpuUs - before.cpuUs + (burners.waitedUs ?? Number.NaN) - (before.waitedUs ?? Number.NaN)
      expect(takenUs / 1_000 / 2 / (endMs - atMs)).toBeGreaterThan(0.8)
      expect(busy.throttled).toBeGreaterThan(0)
      expect(burners.alive).toBeGreaterThanOrEqual(3)
      expect(burners.cpuUs).toBeGreaterThan(0)
      expect(await burnersIn(victim)).toHaveLength(burners.alive)
      expect((await helper.call('undo', {}, signal())).undone).toEqual([expect.stringMatching(/^\d+ stress-ng processes$/)])
      expect((await helper.call('undo', {}, signal())).undone).toEqual([])
      const after = await usedCpu(helper, process, 500)
      expect(after.share).toBeLessThan(0.5)
      await expect(helper.call('cpu.read', {}, signal())).rejects.toThrow('burns no CPU')
    })
  })

  it('is burnt no more when the helper is killed, wherever its children are', async () => {
    const process = await mainProcess(victim)
    const burner = await toolbox.start(onCgroups('burn-killed'), signal())
    await burner.call('cpu.burn', { ...process, workers: 2, loadPercent: 100 }, signal())
    expect((await burnersIn(victim)).length).toBeGreaterThanOrEqual(3)
    await docker.getContainer(burner.name).kill()
    await toolbox.stop(burner.name, signal())
    await withHelper(onCgroups('burn-after'), async (helper) => {
      await eventually(
        'quiet',
        () => usedCpu(helper, process, 300),
        ({ share }) => share < 0.5,
      )
    })
    expect(await burnersIn(victim)).toEqual([])
  })

  it('is not burnt in the cgroup of another container', async () => {
    await withHelper(onCgroups('burn-other'), async (helper) => {
      const wrong = { ...(await mainProcess(victim)), containerId: rig.client }
      const burn = helper.call('cpu.burn', { ...wrong, workers: 1, loadPercent: 100 }, signal())
      await expect(burn).rejects.toThrow('does not belong to container')
      expect([...(await burnersIn(victim)), ...(await burnersIn(rig.client))]).toEqual([])
    })
  })

  it('by nobody, when the burners were killed, is seen, and leaves nothing to undo', async () => {
    await withHelper(onCgroups('burn-ended'), async (helper) => {
      await helper.call('cpu.burn', { ...(await mainProcess(victim)), workers: 1, loadPercent: 50 }, signal())
      const burners = await burnersIn(victim)
      expect(burners.length).toBeGreaterThanOrEqual(2)
      // Beside the helper's own process: what it started has its user, and so may be killed from there.
      const kill = await docker.getContainer(helper.name).exec({ Cmd: ['kill', '-KILL', ...burners] })
      await kill.start({ Detach: true })
      await eventually(
        'the end of the burners',
        () => helper.call('cpu.read', {}, signal()),
        ({ alive }) => alive === 0,
      )
      expect((await helper.call('undo', {}, signal())).undone).toEqual([])
    })
  })

  it('without stress-ng is refused in plain words', async () => {
    const without = rig.toolbox({ avoid: ['stress-ng'] })
    const work = async (helper: ToolboxHelper): Promise<void> => {
      const process = await mainProcess(victim)
      const burn = helper.call('cpu.burn', { ...process, workers: 1, loadPercent: 100 }, signal())
      await expect(burn).rejects.toThrow('stress-ng is not to be used')
    }
    await withHelper(onCgroups('burn-without'), work, without)
  })
})

describe('memory', () => {
  it('is filled to a share of the limit, held, and given back', async () => {
    await withHelper(onCgroups('fill', MEMORY_BYTES), async (helper) => {
      const process = await mainProcess(victim)
      const before = await read(helper, process)
      const filled = await helper.call('memory.fill', { ...process, percent: 90, bytes: null, limitMs: 10_000 }, signal())
      expect(filled.end).toBe('done')
      expect((filled.usageBytes ?? 0) / MEMORY_BYTES).toBeGreaterThan(0.89)
      expect((filled.usageBytes ?? 0) / MEMORY_BYTES).toBeLessThan(0.91)
      expect(filled.filledBytes).toBeGreaterThan(0.3 * MEMORY_BYTES)
      expect((await restarts(victim)).pid).toBe(process.pid)
      await helper.call('undo', {}, signal())
      const near = (before.memoryUsageBytes ?? 0) + 8 * MIB
      await eventually(
        'memory back',
        () => read(helper, process),
        ({ memoryUsageBytes }) => (memoryUsageBytes ?? Infinity) < near,
      )
    })
  })

  it('that goes on costs the main process its life, never a writer instead', async () => {
    const events = await docker.getEvents({ filters: { container: [victim], event: ['oom', 'die', 'start'] } })
    const seen: string[] = []
    events.on('data', (chunk: Buffer) => {
      for (const line of chunk
        .toString()
        .split('\n')
        .filter((text) => text !== ''))
        seen.push((JSON.parse(line) as { Action: string }).Action)
    })
    try {
      const process = await mainProcess(victim)
      const before = await restarts(victim)
      await withHelper(onCgroups('oom', 2 * MEMORY_BYTES), async (helper) => {
        await helper.call('memory.fill', { ...process, percent: 95, bytes: null, limitMs: 10_000 }, signal())
        for (let round = 0; round < 20 && (await restarts(victim)).pid === process.pid; round += 1) {
          const step = { ...process, percent: null, bytes: 4 * MIB, limitMs: 10_000 }
          // Once it is dead there is no such process to fill for.
          const { end } = await helper.call('memory.fill', step, signal()).catch(() => ({ end: 'gone' }))
          if (end === 'done') continue
          // A dying process gives its memory back page by page, and the kernel may take a writer as well meanwhile: never instead.
          await eventually(
            `the end of the main process after a writer's end as ${end}`,
            async () => (await restarts(victim)).pid,
            (pid) => pid !== process.pid,
          )
        }
      })
      const after = await eventually(
        'the restart',
        () => restarts(victim),
        ({ count, running }) => count > before.count && running,
      )
      expect(after.pid).not.toBe(before.pid)
      // Docker hears of an oom and of a death on different ways, and may tell the death first.
      await eventually(
        'the events',
        () => Promise.resolve(seen.join()),
        (text) => /die.*start/.test(text) && text.includes('oom'),
      )
    } finally {
      ;(events as NodeJS.ReadableStream & { destroy(): void }).destroy()
    }
  })
})

describe('a volume', () => {
  it('of memory is filled to its last byte, topped up, and emptied', async () => {
    const name = `${rig.runId}-data`
    await docker.createVolume({
      Name: name,
      Driver: 'local',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `size=${VOLUME_BYTES},uid=1000,gid=1000,mode=0700,nr_inodes=400` },
      Labels: { [RUN_LABEL]: rig.runId },
    })
    const owner = await startVictim(rig, 'owner', {
      Mounts: [{ Type: 'volume', Source: name, Target: '/data' }],
    })
    const volume = { type: 'volume', destination: '/data', source: name, readOnly: false }
    const filler = onHost(rig, 'disk', { pid: 'own', volume, capabilities: ['DAC_OVERRIDE'] })
    const fill = { path: '', of: 'bytes', percent: 100, bytes: null, limitBytes: 64 * MIB, limitMs: 10_000 } as const
    await withHelper(filler, async (helper) => {
      const before = await helper.call('disk.look', { path: '' }, signal())
      expect(before).toMatchObject({ type: 'tmpfs', totalBytes: VOLUME_BYTES, onHostDisk: false })
      const full = await helper.call('disk.fill', fill, signal())
      expect([full.end, full.volume.freeBytes]).toEqual(['full', 0])
      expect(full.filledBytes).toBe(VOLUME_BYTES)
      expect((await helper.call('disk.leftovers', { path: '' }, signal())).found).toHaveLength(1)
      expect((await helper.call('disk.fill', fill, signal())).volume.freeBytes).toBe(0)
      await helper.call('undo', {}, signal())
      expect(await helper.call('disk.look', { path: '' }, signal())).toMatchObject({ freeBytes: before.freeBytes })
      const inodes = await helper.call('disk.fill', { ...fill, of: 'inodes' }, signal())
      expect([inodes.end, inodes.volume.freeInodes]).toEqual(['full', 0])
      await expect(helper.call('disk.look', { path: '/../etc' }, signal())).rejects.toThrow('leads out of the volume')
    })
    const killed = await toolbox.start({ ...filler, name: `${filler.name}-killed` }, signal())
    await killed.call('disk.fill', fill, signal())
    await docker.getContainer(killed.name).kill()
    await toolbox.stop(killed.name, signal())
    expect((await toolbox.once(filler, 'disk.sweep', { path: '' }, signal()))?.removed).toHaveLength(1)
    expect(await toolbox.once(filler, 'disk.leftovers', { path: '' }, signal())).toEqual({ found: [] })
    await docker.getContainer(owner).remove({ force: true })
  })

  it('on the disk of the machine is told apart, and never filled beyond the limit that was given', async () => {
    const name = `${rig.runId}-plain`
    await docker.createVolume({ Name: name, Labels: { [RUN_LABEL]: rig.runId } })
    const volume = { type: 'volume', destination: '/data', source: name, readOnly: false }
    await withHelper(onHost(rig, 'plain', { pid: 'own', volume }), async (helper) => {
      expect((await helper.call('disk.look', { path: '' }, signal())).onHostDisk).toBe(true)
      const fill = { path: '', of: 'bytes', percent: 100, bytes: null, limitBytes: 3 * MIB, limitMs: 10_000 } as const
      expect(await helper.call('disk.fill', fill, signal())).toMatchObject({ end: 'done', filledBytes: 3 * MIB })
    })
  })
})
