/** Signals, descriptor limits and connections of real containers, from a helper beside them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ToolboxHelper, ToolboxPort } from '../../src/ports/toolbox.ts'
import { docker, SERVER_PORT, signal, startRig, type Rig } from './support/toolbox-rig.ts'
import { eventually, mainProcess, onHost, restarts, startVictim } from './support/victim.ts'

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
): Promise<T> {
  const helper = await toolbox.start(request, signal())
  try {
    return await work(helper)
  } finally {
    expect(await toolbox.stop(helper.name, signal())).toMatchObject({ exitCode: 0 })
  }
}

const killer = (role: string): Parameters<ToolboxPort['start']>[0] => onHost(rig, role, { capabilities: ['KILL'] })
const look = async (helper: ToolboxHelper) => helper.call('process.look', await mainProcess(victim), signal())

describe('signals', () => {
  it('kill the main process as a crash does: the restart policy brings it back', async () => {
    await withHelper(killer('kill'), async (helper) => {
      const before = await restarts(victim)
      const process = await mainProcess(victim)
      expect(await look(helper)).toMatchObject({ alive: true, name: 'MainThread', uid: 1000, gid: 1000 })
      await helper.call('process.signal', { ...process, signal: 'SIGKILL' }, signal())
      const after = await eventually(
        'the restart',
        () => restarts(victim),
        ({ count, running }) => count > before.count && running,
      )
      expect(after.pid).not.toBe(before.pid)
      expect(await helper.call('process.look', process, signal())).toMatchObject({ alive: false, startTicks: null })
      await expect(helper.call('process.signal', { ...process, signal: 'SIGKILL' }, signal())).rejects.toThrow(
        /no process \d+ any more|does not belong to container/,
      )
    })
  })

  it('do not reach a process of another container, nor one of the machine', async () => {
    await withHelper(killer('other'), async (helper) => {
      const { pid } = await mainProcess(victim)
      const wrong = { pid, containerId: rig.client }
      await expect(helper.call('process.signal', { ...wrong, signal: 'SIGKILL' }, signal())).rejects.toThrow('does not belong to')
      expect(await helper.call('process.look', wrong, signal())).toMatchObject({ alive: false })
      await expect(helper.call('process.signal', { pid: 1, containerId: victim, signal: 'SIGKILL' }, signal())).rejects.toThrow(
        'does not belong to',
      )
      expect((await restarts(victim)).pid).toBe(pid)
    })
  })

  it('make it deaf: SIGTERM waits, and the end of the helper lets it go on', async () => {
    const stopped = await startVictim(rig, 'deaf')
    const process = await mainProcess(stopped)
    await withHelper(killer('stop'), async (helper) => {
      await helper.call('process.signal', { ...process, signal: 'SIGSTOP' }, signal())
      await eventually(
        'the stop',
        () => helper.call('process.look', process, signal()),
        ({ state }) => state === 'T',
      )
      await helper.call('process.signal', { ...process, signal: 'SIGTERM' }, signal())
      expect(await helper.call('process.look', process, signal())).toMatchObject({ state: 'T', pendingSignals: ['SIGTERM'] })
    })
    // Without a handler pid 1 ignores SIGTERM, so it lives on, and is not stopped any more.
    await withHelper(killer('after'), async (helper) => {
      expect((await helper.call('process.look', process, signal())).state).toMatch(/[SR]/)
    })
  })

  it('to stop are taken back even before they have arrived', async () => {
    const process = await mainProcess(victim)
    const container = docker.getContainer(victim)
    const answer = (helper: ToolboxHelper) => {
      const target = { host: `${rig.runId}-victim`, port: SERVER_PORT }
      const page = { target, method: 'GET', path: '/', headers: {}, body: null, timeoutMs: 5_000, maxBytes: 100 }
      return helper.call('fetch', page, signal())
    }
    await withHelper(killer('early'), async (helper) => {
      // Frozen, it takes no signal until it is thawed.
      await container.pause()
      try {
        await helper.call('process.signal', { ...process, signal: 'SIGSTOP' }, signal())
        expect(await helper.call('process.look', process, signal())).toMatchObject({ alive: true, pendingSignals: ['SIGSTOP'] })
        await helper.call('undo', {}, signal())
        expect(await helper.call('process.look', process, signal())).toMatchObject({ alive: true, pendingSignals: [] })
      } finally {
        await container.unpause()
      }
      expect(await answer(helper)).toMatchObject({ status: 200, error: null })
    })
    expect((await mainProcess(victim)).pid).toBe(process.pid)
  })

  it('of others are left as they are: a refused SIGSTOP has no undo', async () => {
    const process = await mainProcess(victim)
    await withHelper(killer('first'), async (first) => {
      await first.call('process.signal', { ...process, signal: 'SIGSTOP' }, signal())
      const wrong = { ...process, containerId: rig.client, signal: 'SIGSTOP' } as const
      await withHelper(killer('second'), async (second) => {
        await expect(second.call('process.signal', wrong, signal())).rejects.toThrow('does not belong to')
      })
      expect(await first.call('process.look', process, signal())).toMatchObject({ state: 'T' })
    })
    await withHelper(killer('third'), async (third) => {
      expect((await third.call('process.look', process, signal())).state).toMatch(/[SRD]/)
    })
  })

  it('to stop need no undo once the process has ended', async () => {
    const mortal = await startVictim(rig, 'mortal', { RestartPolicy: { Name: 'no' } })
    const process = await mainProcess(mortal)
    await withHelper(killer('outlived'), async (helper) => {
      await helper.call('process.signal', { ...process, signal: 'SIGSTOP' }, signal())
      // Only SIGKILL reaches one that is stopped.
      await helper.call('process.signal', { ...process, signal: 'SIGKILL' }, signal())
      await eventually(
        'its end',
        () => restarts(mortal),
        ({ running }) => !running,
      )
      expect((await helper.call('undo', {}, signal())).undone).toEqual([])
    })
  })

  it('of a helper that was killed are undone by a later one', async () => {
    const process = await mainProcess(victim)
    const helper = await toolbox.start(killer('killed'), signal())
    await helper.call('process.signal', { ...process, signal: 'SIGSTOP' }, signal())
    await docker.getContainer(helper.name).kill()
    expect(await toolbox.stop(helper.name, signal())).toMatchObject({ exitCode: 137 })
    await toolbox.once(killer('later'), 'process.signal', { ...process, signal: 'SIGCONT' }, signal())
    await withHelper(killer('look'), async (later) => {
      expect((await later.call('process.look', process, signal())).state).toMatch(/[SR]/)
    })
  })
})

describe('the limit of descriptors', () => {
  it('is lowered as the process itself could, bites, and is restored', async () => {
    const process = await mainProcess(victim)
    const own = onHost(rig, 'limit', { user: '1000:1000' })
    const { name } = own
    const before = await withHelper({ ...own, name: `${name}-before` }, (helper) =>
      helper.call('process.look', process, signal()),
    )
    await withHelper(own, async (helper) => {
      const { previousSoft, facts } = await helper.call('nofile.lower', { ...process, headroom: 16 }, signal())
      expect([previousSoft, facts.softLimit]).toEqual([before.descriptors?.softLimit, facts.highest + 17])
      await withHelper(rig.beside('holder'), async (holder) => {
        const target = { host: `${rig.runId}-victim`, port: SERVER_PORT }
        const flood = { id: 'all', target, count: 60, request: null, connectTimeoutMs: 3_000 }
        await holder.call('flood.open', flood, signal())
        const full = await eventually(
          'full',
          () => helper.call('process.look', process, signal()),
          ({ descriptors }) => {
            return descriptors !== null && descriptors.open >= descriptors.softLimit - 1
          },
        )
        expect(full.descriptors?.highest).toBeLessThan(facts.softLimit)
        const probe = { target, path: '/', headers: {}, count: 3, intervalMs: 50, timeoutMs: 1_000 }
        const { samples } = await holder.call('probe.http', probe, signal())
        expect(samples.map(({ status }) => status)).toEqual([null, null, null])
      })
    })
    const after = await withHelper({ ...own, name: `${name}-after` }, (helper) => helper.call('process.look', process, signal()))
    expect(after.descriptors?.softLimit).toBe(before.descriptors?.softLimit)
    // Nobody crashed of it.
    expect(after.startTicks).toBe(before.startTicks)
  })

  it('is left alone where it may not be read, is lower already, or is that of another container', async () => {
    const process = await mainProcess(victim)
    const lower = (helper: ToolboxHelper, changes: object) =>
      helper.call('nofile.lower', { ...process, headroom: 16, ...changes }, signal())
    await withHelper(onHost(rig, 'own', { user: '1000:1000' }), async (helper) => {
      await expect(lower(helper, { headroom: 1_000_000 })).rejects.toThrow('would be no lower')
      await expect(lower(helper, { containerId: rig.client })).rejects.toThrow('does not belong to container')
      const { descriptors } = await helper.call('process.look', process, signal())
      expect(descriptors?.softLimit).toBeGreaterThan(1_000)
    })
    await withHelper(onHost(rig, 'stranger', { user: '1001:1001' }), async (helper) => {
      await expect(lower(helper, {})).rejects.toThrow('cannot be read')
      expect(await helper.call('process.look', process, signal())).toMatchObject({ alive: true, uid: 1000, descriptors: null })
    })
  })

  it('and what it and others hold is counted by who may trace them, all at once', async () => {
    const process = await mainProcess(victim)
    const strange = { ...process, containerId: rig.client }
    const gone = { ...process, pid: 4_194_303 }
    const looker = onHost(rig, 'holdings', { user: '0:0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] })
    await withHelper(looker, async (helper) => {
      const look = () => helper.call('process.holdings', { processes: [process, strange, gone] }, signal())
      const [before, ...others] = await look()
      expect(others).toEqual([])
      expect(before).toMatchObject({ ...process, startTicks: expect.any(Number) as number })
      expect(before?.threads).toBeGreaterThan(1)
      expect(before?.files).toBeGreaterThan(3)
      expect(before?.unclosed).toBe(0)
      await withHelper(rig.beside('holdings-flood'), async (flooder) => {
        const target = { host: `${rig.runId}-victim`, port: SERVER_PORT }
        const flood = { id: 'held', target, count: 60, request: null, connectTimeoutMs: 3_000 }
        await flooder.call('flood.open', flood, signal())
        // Connections that somebody uses are no files, nor given up.
        const [during] = await look()
        expect(during?.files).toBeLessThan((before?.files ?? 0) + 10)
        expect(during?.unclosed).toBe(0)
      })
    })
    await withHelper(onHost(rig, 'holdings-stranger', { user: '1001:1001', capabilities: [] }), async (helper) => {
      const [seen] = await helper.call('process.holdings', { processes: [process] }, signal())
      expect(seen).toMatchObject({ files: null, threads: expect.any(Number) as number })
    })
  })

  it('and who is connected with it, of all or at one port, is counted by who may look into its network', async () => {
    const process = await mainProcess(victim)
    const looker = onHost(rig, 'peers', { user: '0:0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] })
    await withHelper(looker, async (helper) => {
      const count = async (port: number | null): Promise<readonly (number | null)[]> => {
        const passage = port === null ? null : { port, to: null }
        const places = [process, { ...process, containerId: rig.client }].map((place) => ({ ...place, passage }))
        return (await helper.call('process.peers', { places, beside: [process], ours: [] }, signal())).peers
      }
      // Those of the tests before are told for a minute.
      const [before = 0] = await count(SERVER_PORT)
      await withHelper(rig.beside('peers-flood'), async (flooder) => {
        const target = { host: `${rig.runId}-victim`, port: SERVER_PORT }
        const flood = { id: 'met', target, count: 40, request: null, connectTimeoutMs: 3_000 }
        await flooder.call('flood.open', flood, signal())
        const [now, strange] = await count(SERVER_PORT)
        expect(now).toBeGreaterThanOrEqual((before ?? 0) + 40)
        expect(strange).toBeNull()
        expect((await count(null))[0]).toBeGreaterThanOrEqual((before ?? 0) + 40)
        expect((await count(SERVER_PORT + 1))[0]).toBe(0)
        // Another container in the same network could speak to it from within, where nobody tells it from its own health check.
        const beside = [process, { ...process, containerId: rig.client }]
        const shared = { places: [{ ...process, passage: null }], beside, ours: [] }
        expect((await helper.call('process.peers', shared, signal())).peers).toEqual([null])
      })
      const [held] = await helper.call('process.holdings', { processes: [process] }, signal())
      expect(held?.connections?.opened).toBeGreaterThanOrEqual(40)
    })
  })

  it('of a process of root is lowered without a capability as well', async () => {
    const root = await startVictim(rig, 'root', { CapDrop: [] }, undefined, '0:0')
    const process = await mainProcess(root)
    await withHelper(onHost(rig, 'root-limit', { user: '0:0' }), async (helper) => {
      const { previousSoft, facts } = await helper.call('nofile.lower', { ...process, headroom: 16 }, signal())
      expect(facts.softLimit).toBe(facts.highest + 17)
      expect((await helper.call('undo', {}, signal())).undone).toHaveLength(1)
      expect((await helper.call('process.look', process, signal())).descriptors?.softLimit).toBe(previousSoft)
    })
  })

  it('of a process that has ended needs no undo', async () => {
    const mortal = await startVictim(rig, 'mortal-limit', { RestartPolicy: { Name: 'no' } })
    const process = await mainProcess(mortal)
    await withHelper(onHost(rig, 'limit-outlived', { user: '1000:1000' }), async (helper) => {
      await helper.call('nofile.lower', { ...process, headroom: 16 }, signal())
      await docker.getContainer(mortal).kill()
      expect((await helper.call('undo', {}, signal())).undone).toEqual([])
    })
  })

  it('that a killed helper lowered is restored by a later one', async () => {
    const process = await mainProcess(victim)
    const own = onHost(rig, 'limit-killed', { user: '1000:1000' })
    const helper = await toolbox.start(own, signal())
    const { previousSoft } = await helper.call('nofile.lower', { ...process, headroom: 16 }, signal())
    await docker.getContainer(helper.name).kill()
    await toolbox.stop(helper.name, signal())
    const restore = () => toolbox.once(own, 'nofile.restore', { ...process, soft: previousSoft }, signal())
    expect(await restore()).toMatchObject({ previousSoft: expect.any(Number) as number })
    expect(await restore()).toEqual({ previousSoft: null })
  })
})

describe('connections', () => {
  it('come a thousand at once, are counted where they end, and are gone afterwards', async () => {
    await withHelper(rig.beside('flood'), async (flooder) => {
      await withHelper(rig.inside(victim, 'count', { capabilities: [] }), async (counter) => {
        const count = async (): Promise<number> =>
          (await counter.call('tcp.count', { port: SERVER_PORT, side: 'server' }, signal())).established
        const request = { method: 'POST', path: '/', headers: { 'content-type': 'text/plain' }, body: 'hello' }
        const target = { host: `${rig.runId}-victim`, port: SERVER_PORT }
        const opened = await flooder.call(
          'flood.open',
          { id: 'all', target, count: 1_000, request, connectTimeoutMs: 5_000 },
          signal(),
        )
        expect(opened).toMatchObject({ peakOpen: 1_000, refused: 0, closed: 0, peakInFlight: 1_000 })
        await eventually('all of them', count, (seen) => seen >= 1_000)
        const answered = await eventually(
          'all answers',
          () => flooder.call('flood.read', { id: 'all' }, signal()),
          ({ inFlight }) => inFlight === 0,
        )
        expect(answered.statuses).toEqual({ 200: 1_000 })
        await flooder.call('flood.close', { id: 'all' }, signal())
        await eventually('none of them', count, (seen) => seen === 0)
      })
    })
  })

  it('come by the thousands from a helper that stays within its memory', async () => {
    await withHelper(rig.beside('most'), async (flooder) => {
      await withHelper(rig.inside(rig.server, 'count-most', { capabilities: [] }), async (counter) => {
        const request = { method: 'GET', path: '/', headers: {}, body: null }
        const target = { host: `${rig.runId}-server`, port: SERVER_PORT }
        const args = { id: 'most', target, count: 5_000, request, connectTimeoutMs: 10_000 }
        expect(await flooder.call('flood.open', args, signal())).toMatchObject({
          peakOpen: 5_000,
          refused: 0,
          peakInFlight: 5_000,
        })
        const answered = await eventually(
          'all answers',
          () => flooder.call('flood.read', { id: 'most' }, signal()),
          ({ inFlight }) => inFlight === 0,
          30_000,
        )
        expect(answered).toMatchObject({ statuses: { 200: 5_000 } })
        const { established } = await counter.call('tcp.count', { port: SERVER_PORT, side: 'server' }, signal())
        expect(established).toBe(answered.open)
        const { memory_stats: memory } = await docker.getContainer(flooder.name).stats({ stream: false })
        expect(memory.usage).toBeLessThan(0.75 * memory.limit)
      })
    })
  })

  it('that are refused are counted as such, and a page is fetched', async () => {
    await withHelper(rig.beside('refused'), async (helper) => {
      const nobody = { host: `${rig.runId}-victim`, port: 9 }
      const flood = await helper.call(
        'flood.open',
        { id: 'none', target: nobody, count: 5, request: null, connectTimeoutMs: 2_000 },
        signal(),
      )
      expect(flood).toMatchObject({ open: 0, refused: 5 })
      const page = { path: '/', headers: {}, method: 'GET', body: null, timeoutMs: 2_000, maxBytes: 100 }
      const server = { host: `${rig.runId}-victim`, port: SERVER_PORT }
      expect(await helper.call('fetch', { ...page, target: server }, signal())).toMatchObject({
        ...{ status: 200, body: 'ok', complete: true, error: null },
      })
      expect(await helper.call('fetch', { ...page, target: nobody }, signal())).toMatchObject({
        status: null,
        error: 'ECONNREFUSED',
      })
      const large = { ...page, path: '/large', target: { ...server, host: `${rig.runId}-server` } }
      const cut = await helper.call('fetch', large, signal())
      expect([cut.body.length, cut.complete]).toEqual([100, false])
    })
  })
})
