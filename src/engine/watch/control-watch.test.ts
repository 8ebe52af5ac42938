/** How the control is watched, and what of the watch speaks against it. */
import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ServiceSpec } from '../../core/descriptor.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { ControlWatch } from './control.ts'
import { fakeStack, stateOf } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'

const SERVICE: ServiceSpec = {
  ...{ name: 'store', dependsOn: [], health: { port: 8_080, path: '/ready' }, replicas: 1, control: true, data: null },
}

interface Answer {
  readonly status?: number | null
  readonly totalMs?: number | null
  readonly error?: string
}

/** By the ms since the watch began. */
type Page = (atMs: number) => Answer

interface Asked {
  readonly atMs: number
  readonly args: unknown
}

interface Watched {
  readonly world: World
  readonly startMs: Mono
  readonly asked: Asked[]
  readonly watch: ControlWatch
  /** Lets time pass until `untilMs` of the watch, and judges what came from `fromMs` to `toMs` of it. */
  readonly judged: (fromMs: number, toMs: number, untilMs?: number) => ReturnType<ControlWatch['judge']>
}

const { signal } = new AbortController()

async function watched(page: Page, states = [stateOf('store')], service = SERVICE): Promise<Watched> {
  const world = new World()
  const startMs = world.clock.nowMs()
  const asked: Asked[] = []
  const call = async (_op: unknown, given: unknown, inner: AbortSignal): Promise<unknown> => {
    const args = given as { count: number; intervalMs: number }
    asked.push({ atMs: msBetween(startMs, world.clock.nowMs()), args })
    const samples: unknown[] = []
    for (let index = 0; index < args.count; index += 1) {
      const { status = 200, totalMs = 3, error = null } = page(msBetween(startMs, world.clock.nowMs()))
      samples.push({ connectMs: 1, firstByteMs: totalMs, closeMs: null, bytes: 2, status, totalMs, error })
      await world.clock.sleep(args.intervalMs, inner)
    }
    return { samples }
  }
  const observer = { name: 'observer', call } as ToolboxHelper
  const { stack, containers } = fakeStack(world)
  const list = { ...containers, list: () => Promise.resolve([...states]) }
  const deps = { clock: world.clock, stack, containers: list, observer: () => observer }
  const watch = await ControlWatch.start(deps, service, signal)
  return {
    ...{ world, startMs, asked, watch },
    judged: async (fromMs, toMs, untilMs = toMs) => {
      await world.clock.pass(untilMs)
      return world.clock.until(watch.judge(later(startMs, fromMs), later(startMs, toMs), signal))
    },
  }
}

/** All is well outside of [2 s, 6 s), the time of the fault. */
async function reasonsOf(whileOn: Page): Promise<readonly string[]> {
  const { judged } = await watched((atMs) => (atMs >= 2_000 && atMs < 6_000 ? whileOn(atMs) : {}))
  const { reasons, unaffected } = await judged(2_000, 6_000, 8_000)
  expect(unaffected).toBe(reasons.length === 0)
  return reasons
}

describe('the watch of a control', () => {
  it('asks its health page at its address ten times a second, and faster at first', async () => {
    const { asked, judged } = await watched(() => ({}))
    await judged(400, 3_000)
    const round = { target: { host: '10.0.0.9', port: 8_080 }, path: '/ready', headers: {}, count: 10, timeoutMs: 2_000 }
    expect(asked).toEqual([
      { atMs: 0, args: { ...round, intervalMs: 40 } },
      { atMs: 400, args: { ...round, intervalMs: 100 } },
      { atMs: 1_400, args: { ...round, intervalMs: 100 } },
      { atMs: 2_400, args: { ...round, intervalMs: 100 } },
    ])
  })

  it.each<[string, readonly Record<string, string>[], string]>([
    [
      'the first address on the network of the stack',
      [{ other: '10.9.9.9' }, { net: '10.0.0.2' }, { net: '10.0.0.3' }],
      '10.0.0.2',
    ],
    ['no address that is none yet', [{ net: '' }, { net: '10.0.0.3' }], '10.0.0.3'],
    ['the name where there is no address', [{ net: '' }, {}], 'store'],
  ])('goes to %s', async (_what, addresses, host) => {
    const states = addresses.map((own, index): ContainerState => ({ ...stateOf('store'), id: String(index), addresses: own }))
    const { asked, judged } = await watched(() => ({}), states)
    await judged(0, 100)
    expect(asked[0]).toMatchObject({ args: { target: { host } } })
  })

  it('asks no less of one that stalls', async () => {
    const { world, asked, watch } = await watched(() => {
      throw new Error('the observer is gone')
    })
    await world.clock.pass(2_500)
    watch.stop()
    await world.clock.pass(5_000)
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 400, 1_400, 2_400])
  })

  it('is steady with ten good answers, and none that is bad counts', async () => {
    const { world, watch, startMs } = await watched((atMs) => (atMs < 160 ? { error: 'ECONNREFUSED', totalMs: null } : {}))
    await world.clock.until(watch.awaitSteady(signal))
    // Six of the first round; the second is told when it is over.
    expect(msBetween(startMs, world.clock.nowMs())).toBe(1_400)
    watch.stop()
  })

  it('ends with the judgement', async () => {
    const { world, asked, judged } = await watched(() => ({}))
    await judged(0, 1_000)
    const count = asked.length
    await world.clock.pass(5_000)
    expect(asked).toHaveLength(count)
  })

  it('has nothing to say of a service without a health page', async () => {
    const { asked, judged } = await watched(() => ({}), [stateOf('store')], { ...SERVICE, health: null })
    expect((await judged(0, 2_000)).reasons).toEqual(['only 0 probes during the fault, 10 are needed'])
    expect(asked).toEqual([])
  })
})

describe('the judgement of a control', () => {
  it('has both figures, and nothing to say where all was well', async () => {
    const { judged } = await watched((atMs) => ({ totalMs: atMs < 2_000 ? 4.26 : 5.31 }))
    expect(await judged(2_000, 6_000, 8_000)).toEqual({
      ...{ service: 'store', unaffected: true, steadyP95Ms: 4.3, duringP95Ms: 5.3, reasons: [] },
    })
  })

  it.each([200, 302, 404, 499])('takes status %i for an answer: who answers is there', async (status) => {
    expect(await reasonsOf(() => ({ status }))).toEqual([])
  })

  it.each<[Answer, string]>([
    [{ status: 500 }, 'status 500'],
    [{ status: 503 }, 'status 503'],
    [{ status: null }, 'status null'],
    [{ status: null, totalMs: null, error: 'ECONNRESET' }, 'ECONNRESET'],
    [{ status: 200, error: 'cut off' }, 'cut off'],
  ])('counts %j as a failure, and tells the first', async (bad, why) => {
    const reasons = await reasonsOf((atMs) => (atMs === 3_400 ? bad : atMs === 5_000 ? { error: 'later' } : {}))
    expect(reasons).toEqual([`2 of 40 direct probes failed, first: ${why}`])
  })

  it('counts what was asked from the begin of the fault to its end, and nothing else', async () => {
    const bad = { error: 'bad', totalMs: null }
    expect(await reasonsOf(() => bad)).toEqual(['40 of 40 direct probes failed, first: bad'])
    const { judged } = await watched((atMs) => (atMs < 2_000 || atMs >= 6_000 ? bad : {}))
    expect((await judged(2_000, 6_000, 8_000)).reasons).toEqual([])
  })

  it('needs ten answers', async () => {
    const { judged } = await watched(() => ({}))
    expect((await judged(2_000, 2_900, 4_000)).reasons).toEqual(['only 9 probes during the fault, 10 are needed'])
    const enough = await watched(() => ({}))
    expect((await enough.judged(2_000, 3_000, 4_000)).reasons).toEqual([])
  })

  it.each([
    // Thrice the steady latency, and 100 ms more than that at the least.
    [10, 110, []],
    [10, 111, ['direct probe p95 111 ms, limit 110 ms']],
    [60.04, 180.1, []],
    [60.04, 180.2, ['direct probe p95 180.2 ms, limit 180.1 ms']],
  ])('with %i ms in the steady state and %i ms under the fault is %j', async (steadyMs, duringMs, reasons) => {
    const { judged } = await watched((atMs) => ({ totalMs: atMs < 2_000 ? steadyMs : duringMs }))
    expect((await judged(2_000, 6_000, 8_000)).reasons).toEqual(reasons)
  })

  it('compares with nothing that the fault may have touched: what was not answered by then', async () => {
    const { judged } = await watched((atMs) => ({ totalMs: atMs < 1_800 ? 4 : 900 }))
    expect(await judged(2_000, 6_000, 8_000)).toMatchObject({ steadyP95Ms: 4, unaffected: false })
    const atOnce = await watched((atMs) => ({ totalMs: atMs < 1_800 ? 4 : 200 }))
    // Asked at 1800 ms and answered at 2000 ms: the fault was on.
    expect(await atOnce.judged(2_000, 6_000, 8_000)).toMatchObject({ steadyP95Ms: 4 })
    const together = await watched((atMs) => ({ totalMs: atMs < 500 ? 4 : Math.max(4, 2_000 - atMs) }))
    expect(await together.judged(2_000, 6_000, 8_000)).toMatchObject({ steadyP95Ms: 4 })
  })

  it('is a failure where nobody could ask', async () => {
    let calls = 0
    const { judged } = await watched(() => {
      calls += 1
      if (calls > 40) throw new Error('the observer is gone')
      return {}
    })
    expect((await judged(2_000, 20_000)).reasons[0]).toMatch(/^\d+ of \d+ direct probes failed, first: the observer is gone$/)
  })

  it('has a latency of those that were answered, and none where nobody was', async () => {
    const lost = { totalMs: null, status: null, error: 'ECONNRESET' }
    const one = await watched((atMs) => (atMs >= 2_000 && atMs !== 4_000 ? lost : { totalMs: 5 }))
    expect(await one.judged(2_000, 6_000, 8_000)).toMatchObject({ steadyP95Ms: 5, duringP95Ms: 5 })
    const none = await watched((atMs) => (atMs >= 2_000 ? lost : {}))
    expect(await none.judged(2_000, 6_000, 8_000)).toMatchObject({ duringP95Ms: null })
  })

  it('knows its containers by their ids', async () => {
    const states = ['one', 'two'].map((id): ContainerState => ({ ...stateOf('store'), id, name: `fake-${id}` }))
    const { judged } = await watched(() => ({}), states)
    states.shift()
    expect(await judged(2_000, 6_000)).toMatchObject({ unaffected: false, reasons: ['container fake-one is gone'] })
  })
})
