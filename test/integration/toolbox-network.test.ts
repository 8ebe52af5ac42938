/** What helpers do to the traffic of a container: loss, resets, and packets that are followed. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { ToolboxHelper } from '../../src/ports/toolbox.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import { createToxiproxy } from '../../src/stack/links/toxiproxy.ts'
import { docker, OTHER_PORT, PROXY_PORT, SERVER_PORT, signal } from './support/toolbox-rig.ts'
import { at, probe, rig, server, toolbox, withHelpers, wait } from './support/toolbox-suite.ts'

/**
 * How often the client's kernel asked for a connection once more since it began: of every two requests with 30 % dropped each
 * way, and of none without, however busy the machine is.
 */
async function repeatedSyns(): Promise<number> {
  const { State } = await docker.getContainer(rig.client).inspect()
  // Docker runs on this machine.
  const lines = (await readFile(`/proc/${State.Pid}/net/netstat`, 'utf8')).split('\n')
  const [names = [], values = []] = lines.filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(' '))
  const value = Number(values[names.indexOf('TCPSynRetrans')])
  expect(value).toBeGreaterThanOrEqual(0)
  return value
}

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
      const before = await repeatedSyns()
      const samples = await probe(client, server, 200, { timeoutMs: 15_000 })
      const during = await repeatedSyns()
      expect(during - before).toBeGreaterThan(50)
      expect(samples.filter(({ status }) => status === 200).length).toBeGreaterThan(180)
      for (const helper of [client, serving]) {
        const { packets, dropped, retransmits } = await helper.call('loss.read', {}, signal())
        expect(packets).toBeGreaterThanOrEqual(400)
        expect(dropped / packets).toBeGreaterThan(0.22)
        expect(dropped / packets).toBeLessThan(0.38)
        expect(retransmits).toBeGreaterThan(0)
      }
      const spared = await probe(client, { ...server, port: OTHER_PORT }, 50)
      expect(spared.filter(({ status }) => status === 200)).toHaveLength(50)
      expect(await repeatedSyns()).toBe(during)

      expect((await client.call('undo', {}, signal())).undone).toHaveLength(1)
      expect(await client.call('undo', {}, signal())).toEqual({ undone: [] })
      expect((await client.call('leftovers', {}, signal())).found).toEqual([])
      expect((await serving.call('leftovers', {}, signal())).found).toHaveLength(1)
    })
    await withHelpers(toolbox, [toolbox.start(rig.inside(rig.client, 'after'), signal())], async ([helper]) => {
      if (!helper) return
      const before = await repeatedSyns()
      const samples = await probe(helper, server, 50)
      expect(samples.filter(({ status }) => status === 200)).toHaveLength(50)
      expect(await repeatedSyns()).toBe(before)
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
      // The second comes while the rule of the first is there, and has to wait its turn.
      const armed = await serving.call('resets.arm', { port: SERVER_PORT, side: 'server', momentsMs: [100, 120] }, signal())
      expect(armed.mechanism).toBe('momentary nft reject with tcp reset')
      // The rule bites only who sends meanwhile.
      const busy = (): Promise<{ closed: number }> => client.call('hold.try', { id: 'leg', timeoutMs: 300 }, signal())
      await waitUntil('all are closed', busy, ({ closed }) => closed === 10, { ...wait, everyMs: 5, signal: signal() })
      const read = await waitUntil(
        'both moments',
        () => serving.call('resets.read', {}, signal()),
        ({ moments }) => moments === 2,
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
    const proxy = { name: 'marked', listen: `0.0.0.0:${PROXY_PORT}`, upstream: `${server.host}:${SERVER_PORT}` }
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
