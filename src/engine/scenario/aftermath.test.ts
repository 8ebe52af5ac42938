/** The look at what the fault has left behind, with a canary that answers as it should. */
import { describe, expect, it } from 'vitest'
import type { GaugeSpec } from '../../core/descriptor.ts'
import { instantOf } from '../../core/time/clock.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import { later, msBetween } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { AskedJobs } from '../watch/asked-jobs.ts'
import { World } from '../rig/world.ts'
import { lookAfter, watchStanding } from './aftermath.ts'
import { ScenarioState } from './state.ts'

const GAUGE: GaugeSpec = {
  ...{ service: 'back', port: 80, path: '/metrics', metric: 'waiting', labels: {}, atMostMore: 5, atMostLess: null },
}
const CALM_MS = 3_000

/** For how long each stays away after the fault, ms. */
interface Away {
  readonly files: number
  readonly places: number
}

interface Connections {
  /** New ones a second after the fault. */
  readonly opens: number
  /** How long the look is calm. */
  readonly calmMs?: number
  readonly isKnown?: boolean
  /** How many stay open after the fault; 4 where it is left out. */
  readonly open?: number
  readonly crowd?: 'fault' | 'load' | 'none'
  /** Requests a second, those that are not due yet as well. */
  readonly asked?: number
  /** Whose the forty requests are that are sent at once at the end; nobody's where it is left out. */
  readonly atOnce?: CanarySample['burst']
}

interface Looked {
  readonly world: World
  readonly state: ScenarioState
  readonly tookMs: number
  /** Why it has failed; null when it has not. */
  readonly error: unknown
}

async function looked(
  away: Partial<Away> = {},
  settled?: RunningCanary['settled'],
  connections: Connections | null = null,
): Promise<Looked> {
  const world = new World()
  const { clock } = world
  const { signal } = new AbortController()
  let endedMs = mono(-Infinity)
  const isAway = (ms = 0): boolean => msBetween(endedMs, clock.nowMs()) < ms
  const isOver = (): boolean => Number.isFinite(msBetween(endedMs, clock.nowMs()))
  const opened = (perSecond: number): number => {
    const sinceMs = msBetween(endedMs, clock.nowMs())
    return Number.isFinite(sinceMs) ? (sinceMs / 1_000) * perSecond : 0
  }
  const calmMs = connections?.calmMs ?? CALM_MS
  const deps = {
    ...fakeStack(world, {
      descriptor: { gauges: [GAUGE] },
      held: () => ({
        ...{ startTicks: 9, threads: 11, memoryKiB: 70_000, unclosed: 0, files: isAway(away.files) ? 1_200 : 20 },
        ...(connections === null
          ? {}
          : { connections: { open: isOver() ? (connections.open ?? 4) : 4, opened: opened(connections.opens) } }),
      }),
      metrics: () => `waiting ${isAway(away.places) ? 40 : 2}`,
    }),
    ...{ clock, log: { log: () => undefined }, asked: new AskedJobs(clock, true) },
    load: connections?.crowd === 'load' ? ({ id: 'L' } as never) : null,
  }
  const good = (intendedMs = clock.nowMs()): CanarySample => ({
    ...{ intendedMs, sentMs: intendedMs, doneMs: later(intendedMs, 20), status: 200, ok: true, error: null },
  })
  const all = (): CanarySample[] => {
    const { asked = 0, atOnce } = connections ?? {}
    const many = atOnce === undefined ? [] : Array.from({ length: 40 }, () => ({ ...good(endedMs), burst: atOnce }))
    return [...many, ...Array.from({ length: asked * 20 }, (_, index) => good(later(endedMs, (index * 1_000) / asked)))]
  }
  const requests: RunningCanary = {
    settled: settled ?? (() => clock.sleep(calmMs).then(() => Array.from({ length: 60 }, () => good()))),
    ...{
      samples: (fromMs) => all().filter(({ intendedMs }) => intendedMs >= fromMs),
      pace: () => undefined,
      burst: () => Promise.resolve([]),
      forget: () => undefined,
      stop: () => undefined,
    },
  }
  const over = new AbortController()
  const before = watchStanding(deps, over.signal)
  await clock.pass(1_500)
  over.abort()
  endedMs = clock.nowMs()
  const state = new ScenarioState(1, instantOf(clock), 6_000)
  const known = { requestsPerSecond: 10, services: new Map([['back', { openedPerSecond: 0, open: 4 }]]) }
  const usual = connections?.isKnown === true ? known : null
  if (connections?.crowd !== undefined)
    state.descriptions = [false, connections.crowd === 'fault'].map((crowd) => ({
      ...{ targets: [], services: [], mechanism: '', crowd },
    }))
  const canary = { requests, steadySinceMs: endedMs, usualMs: null, usualBurst: null, usualConnections: usual }
  const work = lookAfter(deps, state, canary, before, later(endedMs, 20_000), signal)
  const [end] = await clock.until(Promise.allSettled([work]))
  const error: unknown = end.status === 'rejected' ? end.reason : null
  return { world, state, tookMs: msBetween(endedMs, clock.nowMs()), error }
}

const told = ({ state }: Looked): unknown => state.expectations.map(({ text, met }) => [text, met])

describe('the look after a fault', () => {
  it('is over once it is calm, where nothing is held', async () => {
    const look = await looked()
    expect([look.tookMs, told(look)]).toEqual([
      CALM_MS,
      [
        ['growth', true],
        ['gauges', true],
      ],
    ])
  })

  it.each<[string, Away]>([
    ['files', { files: 7_900, places: 0 }],
    ['places', { files: 0, places: 7_900 }],
    ['both', { files: 5_900, places: 7_900 }],
  ])('waits for %s to be given back', async (_what, away) => {
    const look = await looked(away)
    expect(look.tookMs).toBeGreaterThanOrEqual(8_000)
    expect(look.tookMs).toBeLessThan(9_500)
    expect(told(look)).toEqual([
      ['growth', true],
      ['gauges', true],
    ])
  })

  it.each<[Partial<Away>, boolean, boolean]>([
    [{ files: 60_000 }, false, true],
    [{ places: 60_000 }, true, false],
  ])('waits ten seconds for it, and no longer: %j', async (away, growth, gauges) => {
    const look = await looked(away)
    expect([look.tookMs, told(look)]).toEqual([
      CALM_MS + 10_000,
      [
        ['growth', growth],
        ['gauges', gauges],
      ],
    ])
  })

  it('says nothing of a recovery that nobody observed', async () => {
    expect((await looked()).state.recovery).toBeNull()
  })

  it('leaves nobody behind who looks, however it ends', async () => {
    const { error, world, tookMs } = await looked({}, () => Promise.reject(new Error('no outcomes')))
    expect([error, tookMs, world.clock.sleeping]).toEqual([new Error('no outcomes'), 0, 0])
    expect((await looked()).world.clock.sleeping).toBe(0)
  })

  it('looks at connections for long enough, where it is known what is usual', async () => {
    const short = await looked({}, undefined, { opens: 0, calmMs: 800, isKnown: true })
    expect(short.tookMs).toBeGreaterThan(1_400)
    expect(short.tookMs).toBeLessThan(1_800)
    expect(told(short)).toContainEqual(['connections', true])
    const unknown = await looked({}, undefined, { opens: 0, calmMs: 800 })
    expect([unknown.tookMs, told(unknown)]).toEqual([
      800,
      [
        ['growth', true],
        ['gauges', true],
      ],
    ])
    // Nobody tells of connections.
    const silent = await looked({}, undefined, null)
    expect(silent.tookMs).toBe(CALM_MS)
  })

  it('waits for a storm to end, for ten seconds', async () => {
    const storm = await looked({}, undefined, { opens: 40, isKnown: true })
    expect([storm.tookMs, told(storm)]).toEqual([
      CALM_MS + 10_000,
      [
        ['growth', true],
        ['connections', false],
        ['gauges', true],
      ],
    ])
  })

  it.each<[Connections['crowd'], boolean]>([
    [undefined, false],
    ['none', false],
    ['fault', true],
    ['load', true],
  ])('does not ask a crowd (%s) how many stay open: %s', async (crowd, met) => {
    const kept = await looked({}, undefined, { opens: 0, isKnown: true, open: 90, ...(crowd === undefined ? {} : { crowd }) })
    expect(told(kept)).toContainEqual(['connections', met])
  })

  it.each([
    ['of', false],
    ['beside', true],
  ] as const)('does not take those for under way that were sent at once by us (%s a burst): %s', async (atOnce, met) => {
    const kept = await looked({}, undefined, { opens: 0, isKnown: true, open: 90, atOnce })
    expect(told(kept)).toContainEqual(['connections', met])
  })

  it.each([
    [60, 40, false],
    [35, 40, true],
    [35, 20, false],
    [40.2, 40, false],
  ])('%d new connections a second are held against %d requests a second: %s', async (opens, asked, met) => {
    expect(told(await looked({}, undefined, { opens, asked, isKnown: true }))).toContainEqual(['connections', met])
  })
})
