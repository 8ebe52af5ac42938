import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import type { ToolboxHelper, ToolboxPort } from '../../src/core/ports.ts'
import type { Endpoint } from '../../src/core/toolbox.ts'
import { waitUntil } from '../../src/core/wait.ts'
import { createToxiproxy } from '../../src/runtime/toxiproxy.ts'
import { docker, OTHER_PORT, PROXY_PORT, SERVER_PORT, signal, startRig } from './support/toolbox-rig.ts'
import type { Rig } from './support/toolbox-rig.ts'

let rig: Rig
let toolbox: ToolboxPort
let server: Endpoint
const wait = { everyMs: 50, attemptMs: 5_000, limitMs: 15_000, clock: systemClock }

beforeAll(async () => {
  rig = await startRig()
  toolbox = rig.toolbox()
  server = { host: `${rig.runId}-server`, port: SERVER_PORT }
  const observer = await toolbox.start(rig.beside('ready'), signal())
  await waitUntil(
    'the server answers',
    () => probe(observer, server, 1),
    ([sample]) => sample?.status === 200,
    { ...wait, signal: signal() },
  )
  await toolbox.stop(observer.name, signal())
}, 180_000)

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

// Whatever a test did, the next one starts with clean namespaces, or says so.
afterEach(async () => {
  for (const container of [rig.client, rig.server, rig.toxiproxy]) expect(await leftovers(container)).toEqual([])
})

async function probe(
  helper: ToolboxHelper,
  target: Endpoint,
  count: number,
  options: { path?: string; intervalMs?: number; timeoutMs?: number } = {},
) {
  const args = { target, path: '/', headers: {}, count, intervalMs: 20, timeoutMs: 3_000, ...options }
  return (await helper.call('probe.http', args, signal())).samples
}

async function leftovers(container: string): Promise<string[]> {
  const reply = await toolbox.once(rig.inside(container, 'look'), 'leftovers', {}, signal())
  if (reply === null) throw new Error('the container is gone')
  return reply.found
}

/** Runs `work` with helpers that are stopped whatever happens; each must undo its work and exit with 0. */
async function withHelpers<T>(
  port: ToolboxPort,
  helpers: Promise<ToolboxHelper>[],
  work: (helpers: ToolboxHelper[]) => Promise<T>,
): Promise<T> {
  const started = await Promise.all(helpers)
  const ends: unknown[] = []
  try {
    return await work(started)
  } finally {
    for (const { name } of started) ends.push((await port.stop(name, signal()))?.exitCode)
    expect(ends).toEqual(started.map(() => 0))
  }
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new Error(`no element ${String(index)}`)
  return value
}

describe('a helper', () => {
  it('tells what this kernel can do, and that it may do nothing without NET_ADMIN', async () => {
    await withHelpers(
      toolbox,
      [toolbox.start(rig.inside(rig.client, 'cap'), signal()), toolbox.start(rig.beside('nocap'), signal())],
      async (helpers) => {
        const can = await at(helpers, 0).call('capabilities', {}, signal())
        expect(can).toEqual({
          nft: true,
          nftRandom: true,
          nftPayload: true,
          netem: expect.any(Boolean) as boolean,
          socketKill: true,
          stressNg: true,
          cgroupVersion: can.cgroupVersion,
          kernel: release(),
        })
        // What the host's own file system is, seen without a helper.
        expect(can.cgroupVersion).toBe(existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1)
        const without = { nft: false, nftRandom: false, nftPayload: false, netem: false, socketKill: false }
        const none = { ...without, stressNg: true, cgroupVersion: can.cgroupVersion, kernel: release() }
        expect(await at(helpers, 1).call('capabilities', {}, signal())).toEqual(none)
        await expect(at(helpers, 1).call('leftovers', {}, signal())).rejects.toThrow('NET_ADMIN')
        await expect(at(helpers, 1).call('loss.install', { port: 1, side: 'client', percent: 1 }, signal())).rejects.toThrow(
          'NET_ADMIN',
        )
        expect(await at(helpers, 1).call('undo', {}, signal())).toEqual({ undone: [] })
      },
    )
  })

  it('has no more rights than it was asked to have', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.inside(rig.client, 'rights'), signal())], async () => {
      const { HostConfig, Config } = await docker.getContainer(`${rig.runId}-rights`).inspect()
      expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], ReadonlyRootfs: true, AutoRemove: false })
      const added = HostConfig.CapAdd as string[]
      expect(added.map((name) => name.replace('CAP_', ''))).toEqual(['NET_ADMIN'])
      expect(Config.Labels).toMatchObject({ 'chaos-action.run': rig.runId, 'chaos-action.role': 'toolbox' })
    })
  })

  it('refuses what it does not know and goes on', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('strict'), signal())], async ([helper]) => {
      if (!helper) return
      const typo = { port: 1, side: 'client', percent: 5, percentage: 7 } as const
      await expect(helper.call('loss.install', typo, signal())).rejects.toThrow('percentage')
      await expect(helper.call('loss.install', { ...typo, percent: 101 }, signal())).rejects.toThrow('percent')
      await expect(helper.call('hold.try', { id: 'none', timeoutMs: 10 }, signal())).rejects.toThrow(
        "no connections are held under 'none'",
      )
      await expect(helper.call('loss.read', {}, signal())).rejects.toThrow('no packet loss')
      await expect(helper.call('nothing' as 'renew', {}, signal())).rejects.toThrow("unknown operation 'nothing'")
      expect(await helper.call('renew', {}, signal())).toEqual({ ttlMs: 30_000 })
    })
  })

  it('answers others while a probe runs, and lets a caller give up', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('busy'), signal())], async ([helper]) => {
      if (!helper) return
      const silent = probe(helper, server, 1, { path: '/silent', timeoutMs: 2_500 })
      const order: string[] = []
      const slow = silent.then(() => order.push('probe'))
      await helper.call('tcp.read', {}, signal()).then(() => order.push('tcp.read'))
      await expect(
        helper.call(
          'probe.http',
          { target: server, path: '/silent', headers: {}, count: 1, intervalMs: 0, timeoutMs: 20_000 },
          signal(100),
        ),
      ).rejects.toThrow()
      await slow
      expect(order).toEqual(['tcp.read', 'probe'])
      expect(await silent).toMatchObject([{ error: 'timeout', totalMs: null, status: null, bytes: 0 }])
    })
  })

  it('is found and stopped by another process of its run only', async () => {
    const helper = await toolbox.start(rig.beside('shared'), signal())
    expect(await rig.toolbox({ runId: 'someone-else' }).stop(helper.name, signal())).toBeNull()
    expect((await docker.getContainer(helper.name).inspect()).State.Running).toBe(true)
    const ended = await rig.toolbox().stop(helper.name, signal())
    expect(ended?.exitCode).toBe(0)
    expect(ended?.output).toContain('ended: SIGTERM; undone: nothing was installed')
    expect(await toolbox.stop(helper.name, signal())).toBeNull()
    expect(() => toolbox.get(helper.name)).toThrow('started no helper')
  })

  it('cannot join what is not there', async () => {
    const gone = rig.inside('no-such-container', 'gone')
    expect(await toolbox.once(gone, 'leftovers', {}, signal())).toBeNull()
    await expect(toolbox.start(gone, signal())).rejects.toMatchObject({ code: 'TOOLBOX_FAILED' })
    const missing = rig.toolbox({ image: 'chaos-action-test/no-such-image:1' })
    await expect(missing.start(rig.beside('noimage'), signal())).rejects.toMatchObject({ code: 'IMAGE_MISSING' })
    expect(await docker.listContainers({ all: true, filters: { name: [`${rig.runId}-gone`, `${rig.runId}-noimage`] } })).toEqual(
      [],
    )
  })
})

describe('probes', () => {
  it('measure answers, refusals and silence on the wire', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('probes'), signal())], async ([helper]) => {
      if (!helper) return
      const samples = await probe(helper, server, 20, { intervalMs: 5 })
      expect(samples).toHaveLength(20)
      for (const sample of samples) {
        expect(sample).toMatchObject({ status: 200, error: null })
        expect(sample.bytes).toBeGreaterThan(1_000)
        expect(sample.totalMs).toBeGreaterThanOrEqual(sample.connectMs ?? Number.NaN)
        expect(sample.closeMs).toBeGreaterThanOrEqual(0)
      }
      expect(await probe(helper, server, 1, { path: '/chaos-probe-1' })).toMatchObject([{ status: 404, error: null }])
      expect(await probe(helper, { host: server.host, port: 1 }, 1)).toMatchObject([{ error: 'ECONNREFUSED', status: null }])
      expect(await probe(helper, { host: 'no-such-host', port: 1 }, 1)).toMatchObject([
        { error: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN|timeout)$/) as string },
      ])
    })
  })

  it('move a pipeline of answers over one connection', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('transfer'), signal())], async ([helper]) => {
      if (!helper) return
      const args = { target: server, headers: {}, repeat: 20, limitMs: 5_000 }
      const whole = await helper.call('probe.transfer', { ...args, path: '/large' }, signal())
      expect(whole.end).toBe('complete')
      expect(whole.bytes).toBeGreaterThan(20 * 100_000)
      expect(whole.chunks).toBeGreaterThan(10)
      expect(await helper.call('probe.transfer', { ...args, path: '/silent', limitMs: 300 }, signal())).toMatchObject({
        end: 'timeout',
        bytes: 0,
        firstByteMs: null,
      })
      expect(await helper.call('probe.transfer', { ...args, path: '/', target: { ...server, port: 1 } }, signal())).toMatchObject(
        { end: 'refused' },
      )
    })
  })

  it('hold connections that were proven to work', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.beside('hold'), signal())], async ([helper]) => {
      if (!helper) return
      const args = { id: 'a', target: server, path: '/', headers: {}, count: 8, timeoutMs: 2_000 }
      expect(await helper.call('hold.open', args, signal())).toEqual({ held: 8 })
      await expect(helper.call('hold.open', args, signal())).rejects.toThrow("already held under 'a'")
      await expect(helper.call('hold.open', { ...args, id: 'b', count: 250 }, signal())).rejects.toThrow('at most 256')
      expect(await helper.call('hold.try', { id: 'a', timeoutMs: 2_000 }, signal())).toMatchObject({
        held: 8,
        answered: 8,
        silent: 0,
        closed: 0,
      })
      expect(await helper.call('hold.try', { id: 'a', timeoutMs: 100, path: '/silent' }, signal())).toEqual({
        held: 8,
        answered: 0,
        silent: 8,
        closed: 0,
        bytes: 0,
      })
      expect(await helper.call('hold.close', { id: 'a' }, signal())).toEqual({ closed: 8 })
    })
  })
})

describe.each([
  { avoid: [], mechanism: /^nft numgen/ },
  { avoid: ['nft'] as const, mechanism: /^iptables\S* statistic/ },
])('packet loss with $mechanism', ({ avoid, mechanism }) => {
  it('drops 30 ± 8 % each way, spares other ports, and is gone after the helper', async () => {
    const port = rig.toolbox({ avoid })
    const helpers = [
      port.start(rig.inside(rig.client, 'loss-c'), signal()),
      port.start(rig.inside(rig.server, 'loss-s'), signal()),
    ]
    await withHelpers(port, helpers, async (started) => {
      const [client, serving] = [at(started, 0), at(started, 1)]
      for (const [helper, side] of [
        [client, 'client'],
        [serving, 'server'],
      ] as const) {
        expect((await helper.call('loss.install', { port: SERVER_PORT, side, percent: 30 }, signal())).mechanism).toMatch(
          mechanism,
        )
        await expect(helper.call('loss.install', { port: SERVER_PORT, side, percent: 30 }, signal())).rejects.toThrow(
          'already installed',
        )
      }
      const samples = await probe(client, server, 200, { timeoutMs: 15_000 })
      expect(samples.filter(({ status }) => status === 200).length).toBeGreaterThan(180)
      for (const helper of [client, serving]) {
        const { packets, dropped, retransmits } = await helper.call('loss.read', {}, signal())
        expect(packets).toBeGreaterThanOrEqual(400)
        expect(dropped / packets).toBeGreaterThan(0.22)
        expect(dropped / packets).toBeLessThan(0.38)
        expect(retransmits).toBeGreaterThan(0)
      }
      const spared = await probe(client, { ...server, port: OTHER_PORT }, 50)
      expect(spared.filter(({ status, totalMs }) => status === 200 && (totalMs ?? Infinity) < 150)).toHaveLength(50)

      expect((await client.call('undo', {}, signal())).undone).toHaveLength(1)
      expect(await client.call('undo', {}, signal())).toEqual({ undone: [] })
      expect((await client.call('leftovers', {}, signal())).found).toEqual([])
      expect((await serving.call('leftovers', {}, signal())).found).toHaveLength(1)
    })
    await withHelpers(toolbox, [toolbox.start(rig.inside(rig.client, 'after'), signal())], async ([helper]) => {
      if (!helper) return
      for (const sample of await probe(helper, server, 50)) expect(sample.totalMs).toBeLessThan(150)
    })
  })
})

it('loses packets by netem when the firewall is not to be used, and says what each way lacks where there is none', async () => {
  const port = rig.toolbox({ avoid: ['nft', 'iptables'] })
  await withHelpers(port, [port.start(rig.inside(rig.client, 'netem'), signal())], async (started) => {
    const helper = at(started, 0)
    const { netem } = await helper.call('capabilities', {}, signal())
    const installing = helper.call('loss.install', { port: SERVER_PORT, side: 'client', percent: 30 }, signal())
    if (netem) {
      expect((await installing).mechanism).toBe('netem loss at egress')
      expect((await helper.call('leftovers', {}, signal())).found).toEqual(['qdisc on eth0'])
      expect((await helper.call('undo', {}, signal())).undone).toEqual(['netem on eth0'])
    } else {
      await expect(installing).rejects.toThrow(/nft: told to avoid it; iptables: told to avoid it; netem: .*qdisc/)
    }
    expect((await helper.call('leftovers', {}, signal())).found).toEqual([])
  })
})

describe('resets', () => {
  /** Sockets that earlier tests left half open at the server would be counted as well, and rightly so. */
  async function clearStrangers(helper: ToolboxHelper): Promise<void> {
    await helper.call('resets.arm', { port: SERVER_PORT, side: 'server', momentsMs: [0] }, signal())
    const read = () => helper.call('resets.read', {}, signal())
    await waitUntil('the moment', read, ({ moments }) => moments === 1, { ...wait, signal: signal() })
    await helper.call('undo', {}, signal())
  }

  it('close the leg’s established connections and no others', async () => {
    const helpers = [
      toolbox.start(rig.inside(rig.client, 'rst-c'), signal()),
      toolbox.start(rig.inside(rig.server, 'rst-s'), signal()),
    ]
    await withHelpers(toolbox, helpers, async (started) => {
      const [client, serving] = [at(started, 0), at(started, 1)]
      await clearStrangers(serving)
      const open = { target: server, path: '/', headers: {}, count: 10, timeoutMs: 2_000 }
      expect(await client.call('hold.open', { ...open, id: 'leg' }, signal())).toEqual({ held: 10 })
      expect(await client.call('hold.open', { ...open, id: 'other', target: { ...server, port: OTHER_PORT } }, signal())).toEqual(
        { held: 10 },
      )
      const armed = await serving.call('resets.arm', { port: SERVER_PORT, side: 'server', momentsMs: [50, 200] }, signal())
      expect(armed.mechanism).toBe('ss -K on established sockets')
      const read = await waitUntil(
        'both moments',
        () => serving.call('resets.read', {}, signal()),
        ({ moments }) => moments === 2,
        { ...wait, signal: signal() },
      )
      expect(read).toMatchObject({ resets: 10, history: [{ resets: 10 }, { resets: 0 }] })
      expect(read.outRsts).toBeGreaterThanOrEqual(10)
      expect((await client.call('tcp.read', {}, signal())).estabResets).toBe(10)
      expect(await client.call('hold.try', { id: 'leg', timeoutMs: 500 }, signal())).toMatchObject({
        held: 10,
        answered: 0,
        closed: 10,
      })
      expect(await client.call('hold.try', { id: 'other', timeoutMs: 2_000 }, signal())).toMatchObject({
        answered: 10,
        closed: 0,
      })
      expect(await client.call('hold.open', { ...open, id: 'again' }, signal())).toEqual({ held: 10 })
    })
  })

  it('come from a momentary rule where the kernel closes no sockets', async () => {
    const port = rig.toolbox({ avoid: ['socket-kill'] })
    const helpers = [port.start(rig.inside(rig.client, 'rej-c'), signal()), port.start(rig.inside(rig.server, 'rej-s'), signal())]
    await withHelpers(port, helpers, async (started) => {
      const [client, serving] = [at(started, 0), at(started, 1)]
      await client.call('hold.open', { id: 'leg', target: server, path: '/', headers: {}, count: 10, timeoutMs: 2_000 }, signal())
      const armed = await serving.call('resets.arm', { port: SERVER_PORT, side: 'server', momentsMs: [100] }, signal())
      expect(armed.mechanism).toBe('momentary nft reject with tcp reset')
      // The rule bites only who sends meanwhile.
      const busy = (): Promise<{ closed: number }> => client.call('hold.try', { id: 'leg', timeoutMs: 300 }, signal())
      await waitUntil('all are closed', busy, ({ closed }) => closed === 10, { ...wait, everyMs: 5, signal: signal() })
      const read = await waitUntil(
        'the moment',
        () => serving.call('resets.read', {}, signal()),
        ({ moments }) => moments === 1,
        { ...wait, signal: signal() },
      )
      expect(read.resets).toBeGreaterThanOrEqual(10)
      expect((await client.call('tcp.read', {}, signal())).estabResets).toBe(10)
      expect(
        await client.call(
          'hold.open',
          { id: 'again', target: server, path: '/', headers: {}, count: 10, timeoutMs: 2_000 },
          signal(),
        ),
      ).toEqual({ held: 10 })
    })
  })

  it('that are still to come are cancelled by the undo', async () => {
    await withHelpers(toolbox, [toolbox.start(rig.inside(rig.server, 'cancel'), signal())], async ([helper]) => {
      if (!helper) return
      await helper.call('resets.arm', { port: SERVER_PORT, side: 'server', momentsMs: [60_000] }, signal())
      expect(await helper.call('undo', {}, signal())).toEqual({ undone: ['schedule of 1 resets'] })
      await expect(helper.call('resets.read', {}, signal())).rejects.toThrow('no resets are armed')
    })
  })
})

describe.each([
  { avoid: [], mechanism: 'nft raw payload match' },
  { avoid: ['nft'] as const, mechanism: 'iptables string match' },
])('marker counters with $mechanism', ({ avoid, mechanism }) => {
  it('prove what went into the proxy and what came out of it', async () => {
    const toxiproxy = createToxiproxy(rig.toxiproxyUrl)
    const proxy = { name: 'marked', listen: `0.0.0.0:${String(PROXY_PORT)}`, upstream: `${server.host}:${String(SERVER_PORT)}` }
    await fetch(`${rig.toxiproxyUrl}/proxies`, { method: 'POST', body: JSON.stringify(proxy) })
    const port = rig.toolbox({ avoid })
    const helpers = [port.start(rig.inside(rig.toxiproxy, 'mark'), signal()), port.start(rig.beside('mark-from'), signal())]
    try {
      await withHelpers(port, helpers, async (started) => {
        const [counting, sending] = [at(started, 0), at(started, 1)]
        const target = { host: `${rig.runId}-toxiproxy`, port: PROXY_PORT }
        const path = '/chaos-probe-0123456789abcdef'
        const marker = { marker: `GET ${path}`, intoPort: PROXY_PORT, outOfPort: SERVER_PORT }
        expect(await counting.call('marker.install', marker, signal())).toEqual({ mechanism })
        expect(await probe(sending, target, 5, { path })).toMatchObject(Array.from({ length: 5 }, () => ({ status: 404 })))
        expect(await probe(sending, target, 5, { path: path.slice(0, -1) })).toMatchObject(
          Array.from({ length: 5 }, () => ({ status: 404 })),
        )
        expect(await counting.call('marker.read', {}, signal())).toEqual({ into: 5, outOf: 5 })
        for (const stream of ['upstream', 'downstream'] as const) {
          await toxiproxy.addToxic(
            'marked',
            { name: `cut_${stream}`, type: 'timeout', stream, toxicity: 1, attributes: { timeout: 0 } },
            signal(),
          )
        }
        expect(await probe(sending, target, 3, { path, timeoutMs: 500 })).toMatchObject(
          Array.from({ length: 3 }, () => ({ error: 'timeout' })),
        )
        expect(await counting.call('marker.read', {}, signal())).toEqual({ into: 8, outOf: 5 })
      })
    } finally {
      await fetch(`${rig.toxiproxyUrl}/proxies/marked`, { method: 'DELETE' })
    }
  })
})

describe('the undo needs no runner', () => {
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** A process of its own that starts a helper with a loss rule at the server's end. */
  async function runner(name: string, ttlMs: number, then: 'stay' | 'forget'): Promise<ChildProcess> {
    const script = join(import.meta.dirname, 'support', 'toolbox-runner.ts')
    const argv = [script, rig.image, rig.runId, name, rig.server, String(SERVER_PORT), String(ttlMs), then]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toBe('installed\n')
    return child
  }

  async function ended(name: string, limitMs: number): Promise<number> {
    const startedMs = performance.now()
    const read = async () => (await docker.getContainer(name).inspect()).State.Status
    await waitUntil(`the end of ${name}`, read, (status) => status === 'exited', { ...wait, limitMs, signal: signal() })
    return performance.now() - startedMs
  }

  it('when it is killed: its end closes the helper’s input', async () => {
    const name = `${rig.runId}-eof`
    const child = await runner(name, 60_000, 'stay')
    expect(await leftovers(rig.server)).toHaveLength(1)
    child.kill('SIGKILL')
    expect(await ended(name, 5_000)).toBeLessThan(5_000)
    expect(await leftovers(rig.server)).toEqual([])
    const end = await toolbox.stop(name, signal())
    expect(end?.exitCode).toBe(0)
    expect(end?.output).toMatch(/standard input was closed; undone: nft table chaos_action_[0-9a-f]{12}_loss/)
  })

  it('when it hangs: the lease runs out', async () => {
    const name = `${rig.runId}-ttl`
    const child = await runner(name, 3_000, 'stay')
    // Renewals keep it alive beyond its lease…
    await systemClock.sleep(4_000)
    expect(await leftovers(rig.server)).toHaveLength(1)
    // …and a process that is stopped holds its sockets open but renews nothing.
    child.kill('SIGSTOP')
    await ended(name, 6_000)
    expect(await leftovers(rig.server)).toEqual([])
    const end = await toolbox.stop(name, signal())
    expect(end?.exitCode).toBe(0)
    expect(end?.output).toMatch(/nobody renewed the lease; undone: nft table/)
  })

  it('when it forgets the helper: it can end all the same', async () => {
    const name = `${rig.runId}-forget`
    const child = await runner(name, 60_000, 'forget')
    if (child.exitCode === null) await once(child, 'exit', { signal: signal(5_000) })
    expect(child.exitCode).toBe(0)
    await ended(name, 5_000)
    expect((await toolbox.stop(name, signal()))?.exitCode).toBe(0)
  })

  it('when the helper itself was killed: another undoes its work', async () => {
    const helper = await toolbox.start(rig.inside(rig.server, 'shot'), signal())
    await helper.call('loss.install', { port: SERVER_PORT, side: 'server', percent: 30 }, signal())
    const unanswered = probe(helper, server, 1, { path: '/silent', timeoutMs: 20_000 })
    const rejected = expect(unanswered).rejects.toMatchObject({ code: 'TOOLBOX_FAILED' })
    await docker.getContainer(helper.name).kill({ signal: 'SIGKILL' })
    await rejected
    await expect(helper.call('renew', {}, signal())).rejects.toThrow('is not there any more')
    expect((await toolbox.stop(helper.name, signal()))?.exitCode).toBe(137)
    expect(await leftovers(rig.server)).toHaveLength(1)
    const undone = await toolbox.once(rig.inside(rig.server, 'shot-undo'), 'undo', {}, signal())
    expect(undone?.undone).toMatchObject([expect.stringMatching(/^nft table chaos_action_/)])
    expect(await toolbox.once(rig.inside(rig.server, 'shot-undo'), 'undo', {}, signal())).toEqual({ undone: [] })
  })

  it('and a failed undo is told by the exit code', async () => {
    const helper = await toolbox.start(rig.inside(rig.server, 'stuck'), signal())
    await helper.call('loss.install', { port: SERVER_PORT, side: 'server', percent: 30 }, signal())
    // No process can be started any more, so nft cannot either.
    await docker.getContainer(helper.name).update({ PidsLimit: 1 })
    const end = await toolbox.stop(helper.name, signal())
    expect(end?.exitCode).toBe(3)
    expect(end?.output).toContain('could not undo packet loss')
    expect((await toolbox.once(rig.inside(rig.server, 'stuck-undo'), 'undo', {}, signal()))?.undone).toHaveLength(1)
  })

  it('and a helper that does not end is killed, which is told as well', async () => {
    const helper = await toolbox.start(rig.beside('frozen'), signal())
    const { State } = await docker.getContainer(helper.name).inspect()
    process.kill(State.Pid, 'SIGSTOP')
    expect((await toolbox.stop(helper.name, signal()))?.exitCode).toBe(137)
  })
})
