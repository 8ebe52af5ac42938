/** Names that containers ask for, broken in each of the ways. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultRequest } from '../../src/kinds/fault.ts'
import { dns as dnsFault } from '../../src/faults/dns/fault.ts'
import type { DnsSpec } from '../../src/faults/dns/plan.ts'
import { contextOf, legsDescriptor, runFault, storedUndo } from './faults-context.ts'
import { openRig, type OpenRig } from './faults-rig.ts'
import { docker, signal } from './stack-fixture.ts'

const WINDOW_MS = 1_000

let rig: OpenRig

beforeAll(async () => {
  rig = await openRig(legsDescriptor())
})

afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function dns(mode: DnsSpec['mode'], changes: Partial<DnsSpec> = {}): FaultRequest {
  return dnsFault.request({ mode, target: 'caller', names: null, delayMs: null, count: null, ...changes })
}

/** What a program of the container itself, which knows nothing of us, learns of a name: by libc, as most programs ask. */
async function lookUp(name: string): Promise<{ tookMs: number; outcome: string }> {
  const script = `
    const startedMs = performance.now()
    require('node:dns').lookup(${JSON.stringify(name)}, (error) => {
      console.log(JSON.stringify({ tookMs: performance.now() - startedMs, outcome: error?.code ?? 'found' }))
      process.exit()
    })`
  const [caller] = await rig.stack.containers.list('caller', signal(10_000))
  const exec = await docker.getContainer(caller?.id ?? '').exec({ Cmd: ['node', '-e', script], AttachStdout: true, Tty: true })
  const stream = await exec.start({ Tty: true })
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return JSON.parse(text) as { tookMs: number; outcome: string }
}

/** Each entry is a fault that must be proven when it is injected, and must not be when it is not. */
const FAULTS: [string, FaultRequest, RegExp][] = [
  ['all names refused', dns('refused'), /^1 of 1: \S+caller-1: 2 of 2 names refused, 0 questions of others met it$/],
  ['one name refused', dns('refused', { names: ['web'] }), /1 of 1 names refused/],
  ['all names dropped', dns('dropped'), /2 of 2 names without an answer/],
  ['a name dropped, in other letters and with a dot', dns('dropped', { names: ['WEB.'] }), /1 of 1 names without an answer/],
  ['a name that is not there', dns('nxdomain', { names: ['web'] }), /1 of 1 names gone/],
  ['all names late', dns('slow', { delayMs: 300 }), /2 of 2 names late by (29|3\d|4\d)\d ms/],
  ['one name late', dns('slow', { names: ['web'], delayMs: 300 }), /1 of 1 names late by (29|3\d|4\d)\d ms/],
]

describe('a fault that is injected', () => {
  test.each(FAULTS)('%s bites, is taken back, and leaves nothing', async (_name, request, summary) => {
    const { evidence, leftovers } = await runFault(rig, request, { inject: true, windowMs: WINDOW_MS })
    expect(evidence.reasons).toEqual([])
    expect(evidence.confirmed).toBe(true)
    expect(evidence.summary).toMatch(summary)
    expect(evidence.mechanism).toBe('questions led past us by nft')
    expect(leftovers.during.join()).toMatch(/nft table chaos_action_\w+_dns/)
    expect(leftovers.after).toEqual([])
    expect(await lookUp('web')).toMatchObject({ outcome: 'found' })
  })
})

describe('a fault that is not injected', () => {
  test.each(FAULTS)('%s is not confirmed', async (_name, request) => {
    const { evidence, leftovers } = await runFault(rig, request, { inject: false, windowMs: WINDOW_MS })
    expect(evidence.confirmed).toBe(false)
    expect(evidence.reasons.length).toBeGreaterThan(1)
    expect(leftovers.after).toEqual([])
  })
})

test('programs of the container meet it, and are counted', async () => {
  const { ctx, open } = contextOf(rig, WINDOW_MS)
  const planned = await dns('slow', { names: ['web'], delayMs: 400 }).plan(ctx)
  try {
    const armed = await planned.arm(ctx)
    await armed.inject(ctx)
    open()
    const [late, spared] = [await lookUp('web'), await lookUp('toxiproxy')]
    expect([late.outcome, spared.outcome]).toEqual(['found', 'found'])
    expect(late.tookMs).toBeGreaterThanOrEqual(390)
    expect(spared.tookMs).toBeLessThan(390)
    const { measures, reasons } = await armed.effect(ctx)
    expect(reasons).toEqual([])
    // One for each family of addresses.
    expect(measures['othersQuestionsCount']).toBe(2)
  } finally {
    await planned.revert(ctx)
  }
})

test.each<[string, FaultRequest]>([
  ['refused', dns('refused')],
  ['late', dns('slow', { names: ['web'], delayMs: 300 })],
])('names are %s without nft as well', async (_name, request) => {
  const other = { ...rig, toolbox: rig.avoiding('nft') }
  const { evidence, leftovers } = await runFault(other, request, { inject: true, windowMs: WINDOW_MS })
  expect(evidence.reasons).toEqual([])
  expect(evidence.mechanism).toMatch(/^questions led past us by iptables/)
  expect(leftovers.during.join()).toMatch(/iptables\S* chain chaos_action_\w+_d /)
  expect(leftovers.after).toEqual([])
  expect(await lookUp('web')).toMatchObject({ outcome: 'found' })
})

test('a name that nobody knows cannot be shown to be broken', async () => {
  const request = dns('nxdomain', { names: ['web', 'nobody.invalid'] })
  const { evidence } = await runFault(rig, request, { inject: true, windowMs: WINDOW_MS })
  expect(evidence.reasons).toEqual([
    expect.stringMatching(/caller-1: nobody\.invalid did not resolve before the fault \(1 × ENOTFOUND\), so nothing shows/),
  ])
})

test.each(['nft', 'iptables'] as const)('a helper that died with rules of %s is followed by an undo of its own', async (how) => {
  const own = how === 'nft' ? rig : { ...rig, toolbox: rig.avoiding('nft') }
  const { ctx, open } = contextOf(own, WINDOW_MS)
  const planned = await dns('refused').plan(ctx)
  try {
    const armed = await planned.arm(ctx)
    await armed.inject(ctx)
    open()
    const { containers } = planned.record.plan as { containers: { helper: string }[] }
    await docker.getContainer(containers[0]?.helper ?? '').kill()
    expect((await planned.leftovers(ctx)).join()).toMatch(how === 'nft' ? /nft table/ : /iptables\S* chain/)
  } finally {
    // As another process does it.
    await storedUndo(planned).revert(ctx)
  }
  expect(await planned.leftovers(ctx)).toEqual([])
  expect(await lookUp('web')).toMatchObject({ outcome: 'found' })
})
