import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultRequest } from '../../src/kinds/fault.ts'
import type { ToolboxAvoidable } from '../../src/core/toolbox.ts'
import { connectionResets } from '../../src/faults/connection-resets/fault.ts'
import { packetLoss } from '../../src/faults/packet-loss/fault.ts'
import { UNDO_STEP_LIMIT_MS } from '../../src/faults/shared/host-helpers.ts'
import { toxic as toxicFault } from '../../src/faults/toxic/fault.ts'
import type { ToxicSpec } from '../../src/faults/toxic/plan.ts'
import { contextOf, legsDescriptor, proxiesOf, runFault } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { docker, signal } from './stack-fixture.ts'

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(legsDescriptor())
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function toxic(name: ToxicSpec['toxic'], attributes: Record<string, number>, rest: Partial<ToxicSpec> = {}): FaultRequest {
  const usual = { links: null, allLinks: false, stream: 'downstream', toxicity: 1 } as const
  return toxicFault.request({ toxic: name, attributes, ...usual, ...rest })
}

const both = { stream: 'both' } as const
const up = { stream: 'upstream' } as const

/** Each entry is a fault that must be proven when it is injected, and must not be when it is not. */
const FAULTS: [string, FaultRequest, RegExp][] = [
  ['latency down', toxic('latency', { latency: 300, jitter: 50 }), /^first: \+(2[1-9]|3\d)\d ms median$/],
  [
    'latency both ways on all links',
    toxic('latency', { latency: 200 }, { ...both, allLinks: true }),
    /^\+\d+ ms median over 2 links/,
  ],
  [
    'latency on half of the connections',
    toxic('latency', { latency: 300 }, { toxicity: 0.5 }),
    /median on \d+ of 20 connections/,
  ],
  ['bandwidth down', toxic('bandwidth', { rate: 10 }), /KB\/s downstream instead of/],
  ['bandwidth up', toxic('bandwidth', { rate: 20 }, up), /KB\/s upstream instead of/],
  ['bandwidth 0', toxic('bandwidth', { rate: 0 }), /no byte passed downstream on 10 of 10 new and 3 of 3 old/],
  [
    'timeout 0 both ways',
    toxic('timeout', { timeout: 0 }, both),
    /packets of ours into the proxy 0 left it upstream; the proxy still accepted 10 of 10 connects/,
  ],
  ['timeout 0 up', toxic('timeout', { timeout: 0 }, up), /no byte passed upstream on 10 of 10 new/],
  ['timeout 300', toxic('timeout', { timeout: 300 }), /no byte passed downstream/],
  ['reset_peer', toxic('reset_peer', { timeout: 100 }), /8 of 8 new connections ended with ECONNRESET/],
  ['slow_close', toxic('slow_close', { delay: 400 }), /closing took \+[34]\d\d ms on 8 of 8/],
  ['slicer down', toxic('slicer', { average_size: 16, size_variation: 4, delay: 5_000 }), /per read with gaps of/],
  ['slicer up', toxic('slicer', { average_size: 200, size_variation: 20, delay: 20_000 }, up), /for a request of 2000 bytes/],
  ['limit_data down', toxic('limit_data', { bytes: 3_000 }), /connections ended downstream: (eof|reset) after/],
  ['limit_data up', toxic('limit_data', { bytes: 5_000 }, up), /connections ended upstream: (eof|reset) after/],
  ['down', toxic('down', {}), /8 of 8 new connections ended with ECONNREFUSED/],
  [
    'packet_loss on both legs',
    packetLoss.request({ percent: 30, links: null, allLinks: true }),
    /first: .* % of \d+ packets dropped.*second: .* % of \d+ packets/,
  ],
  ['partition', packetLoss.request({ percent: 100, links: null, allLinks: false }), /first: 100 % of \d+ packets dropped/],
  [
    'connection_resets',
    connectionResets.request({ perThird: 3, links: null, allLinks: false }),
    /first: \d+ resets at 9 moments/,
  ],
  [
    'connection_resets from the proxy as client',
    connectionResets.request({ perThird: 2, links: ['second'], allLinks: false }),
    /second: \d+ resets at 6 moments/,
  ],
]

/** A busy machine makes an answer of one of them late; a fault that has stayed makes one late in each. */
const BURSTS = 3

describe('a fault that is injected', () => {
  test.each(FAULTS)('%s bites, is taken back, and leaves nothing', async (_name, request, summary) => {
    const { evidence, leftovers } = await runFault(rig, request, { inject: true })
    expect(evidence.reasons).toEqual([])
    expect(evidence.confirmed).toBe(true)
    expect(evidence.summary).toMatch(summary)
    expect(evidence.mechanism).not.toBe('')
    expect(leftovers.during).not.toEqual([])
    expect(leftovers.after).toEqual([])
    expect((await proxiesOf(rig)).map(({ name, enabled, toxics }) => ({ name, enabled, toxics }))).toEqual([
      { name: 'first-proxy', enabled: true, toxics: [] },
      { name: 'second-proxy', enabled: true, toxics: [] },
    ])
    // Restored: the same burst as before the fault is answered at once.
    const slowestMs: number[] = []
    for (let burst = 0; burst < BURSTS; burst += 1) {
      const target = { host: 'toxiproxy', port: 9200 }
      const { samples } = await rig.observer.call(
        'probe.http',
        { target, path: '/', headers: {}, count: 5, intervalMs: 10, timeoutMs: 5_000 },
        signal(30_000),
      )
      expect(samples.map((sample) => sample.status)).toEqual([200, 200, 200, 200, 200])
      slowestMs.push(Math.max(...samples.map((sample) => sample.totalMs ?? Infinity)))
    }
    expect(Math.min(...slowestMs)).toBeLessThan(150)
  })
})

describe('a fault that is not injected', () => {
  test.each(FAULTS)('%s is not confirmed', async (_name, request) => {
    const { evidence, leftovers } = await runFault(rig, request, { inject: false })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons).not.toEqual([])
    expect(leftovers.after).toEqual([])
  })
})

test('a toxic that sits on another link than the planned one is not confirmed', async () => {
  const { ctx, open } = contextOf(rig, 5_000)
  const planned = await toxic('latency', { latency: 300 }, { links: ['second'] }).plan(ctx)
  const armed = await planned.arm(ctx)
  const stray = { name: 'stray', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 300 } } as const
  await rig.stack.toxiproxy()?.addToxic('first-proxy', stray, ctx.signal)
  try {
    open()
    expect((await armed.effect(ctx)).reasons.join()).toMatch(/^second: the median grew by/)
    await planned.revert(ctx)
    // What is not ours stays.
    expect((await proxiesOf(rig)).map(({ toxics }) => toxics.map(({ name }) => name))).toEqual([['stray'], []])
  } finally {
    await rig.stack.toxiproxy()?.removeToxic('first-proxy', 'stray', ctx.signal)
  }
})

test.each<[string, FaultRequest, ToolboxAvoidable, RegExp]>([
  [
    'resets without ss -K',
    connectionResets.request({ perThird: 3, links: null, allLinks: false }),
    'socket-kill',
    /momentary nft reject/,
  ],
  ['packet loss without nft', packetLoss.request({ percent: 30, links: null, allLinks: false }), 'nft', /iptables/],
])('%s bites by the other mechanism', async (_name, request, avoided, mechanism) => {
  const other = { ...rig, toolbox: rig.avoiding(avoided) }
  const { evidence, leftovers } = await runFault(other, request, { inject: true })
  expect(evidence.reasons).toEqual([])
  expect(evidence.mechanism).toMatch(mechanism)
  expect(leftovers.after).toEqual([])
})

test('a helper that died is followed by an undo of its own', async () => {
  const { ctx, open } = contextOf(rig, 5_000)
  const planned = await packetLoss.request({ percent: 90, links: null, allLinks: false }).plan(ctx)
  try {
    const armed = await planned.arm(ctx)
    await armed.inject(ctx)
    open()
    const [helper] = (planned.record.plan as { legs: { ends: { helper: string }[] }[] }).legs.flatMap((leg) => leg.ends)
    await docker.getContainer(helper?.helper ?? '').kill()
    expect((await planned.leftovers(ctx)).join()).toMatch(/nft table/)
  } finally {
    await planned.revert(ctx)
  }
  expect(await planned.leftovers(ctx)).toEqual([])
})

test('a revert through a toxiproxy that is there but does not answer throws, within its limit', async () => {
  const [proxy] = await rig.stack.containers.list('toxiproxy', signal(10_000))
  const container = docker.getContainer(proxy?.id ?? '')
  const { stored, ctx } = await runFault(rig, toxic('latency', { latency: 50 }), { inject: true })
  await container.pause()
  try {
    const startedMs = performance.now()
    await expect(stored.revert(ctx)).rejects.toThrow(/toxi/)
    expect(performance.now() - startedMs).toBeLessThan(UNDO_STEP_LIMIT_MS + 5_000)
  } finally {
    await container.unpause()
  }
  await stored.revert(ctx)
})

test('a revert without toxiproxy has nothing left to do', async () => {
  const { stored, ctx } = await runFault(rig, toxic('down', {}), { inject: true })
  const gone = { ...ctx, toxiproxy: () => Promise.resolve(null) }
  await stored.revert(gone)
  expect(await stored.leftovers(gone)).toEqual([])
})

test('an unknown link, a slicer that would crash toxiproxy, and a stack without links are refused before anything is done', async () => {
  await expect(runFault(rig, toxic('down', {}, { links: ['third'] }), { inject: false })).rejects.toThrow(
    /no link 'third'; it has: first, second/,
  )
  const slicer = toxic('slicer', { average_size: 10, size_variation: 10 })
  await expect(runFault(rig, slicer, { inject: false })).rejects.toThrow(/toxiproxy crashes/)
  const bare = { ...rig, stack: { ...rig.stack, descriptor: { ...rig.stack.descriptor, links: [] } } }
  await expect(runFault(bare, toxic('down', {}), { inject: false })).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
  })
})
