/** Who keeps the list of what was done is restarted after a fault that what is stored may have suffered from. */
import { describe, expect, it } from 'vitest'
import type { Descriptor } from '../../core/descriptor.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import { later, monoAt, msBetween, wallAt, type Mono } from '../../core/time/moment.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import { FaultCourses, fakeFault } from '../rig/fake-fault.ts'
import type { StackCourses } from '../rig/fake-stack.ts'
import { Rig, type RigOptions } from '../rig/rig.ts'
import type { Course } from '../rig/world.ts'
import { keeperOf } from './keeper.ts'

const COMPLETED: NonNullable<Descriptor['completed']> = {
  ...{ service: 'store', port: 80, path: '/done?after={after}', headers: {}, first: 'end', ids: 'ids', next: 'next' },
  ...{ claim: { metric: 'tasks', key: 'id' }, keptBy: 'store', oursAlone: false },
}
const TEXT = 'work, store restarted'
/** It bears a look that is short. */
const QUICK: Descriptor['canary'] = { requests: ['page'], ratePerSecond: 10, watchPerSecond: 40 }

interface Case {
  /** What the store still knows of what it did, in order, when it comes back. */
  readonly keeps?: (ids: readonly string[]) => readonly string[]
  /** How long it is away, ms. */
  readonly awayMs?: number
  readonly hasIds?: boolean
  /** From one request to the next where the canary is at its densest. */
  readonly stepMs?: number
  /** What it has done beside, since its start. */
  readonly beside?: readonly string[]
  /** Whether it has done its first job once more, so long after its start, ms. */
  readonly again?: (sinceMs: number) => boolean
  readonly describe?: Partial<FaultDescription>
  readonly leftovers?: Course
  readonly completed?: Partial<NonNullable<Descriptor['completed']>>
  readonly list?: () => never
  /** How long an answer takes when it is back, ms. */
  readonly backLatencyMs?: number
  /** Whatever it answers. */
  readonly isCalledHealthy?: boolean
  /** While it is away. */
  readonly cancelled?: boolean
  readonly rig?: RigOptions
  readonly stack?: Partial<StackCourses>
}

interface Restarted {
  readonly rig: Rig
  readonly result: ScenarioResult
  readonly results: readonly ScenarioResult[]
}

/** A store that is told of each answer, and answers nothing while it is away. */
async function restarted(given: Case = {}): Promise<Restarted> {
  const {
    keeps = (ids) => ids,
    awayMs = 500,
    hasIds = true,
    stepMs = 50,
    leftovers = 'well',
    describe: described = { risksData: true },
  } = given
  let kept: readonly string[] = []
  const asked = new Set(given.beside)
  let sinceMs = monoAt(0)
  let backMs: Mono | null = monoAt(0)
  const doneAgain = (): string[] => {
    const isAgain = kept.length > 0 && given.again?.(msBetween(sinceMs, rig.world.clock.nowMs())) === true
    return [...(isAgain ? kept.slice(-2, -1) : []), ...(kept.length > 0 ? (given.beside ?? []) : [])]
  }
  const rig: Rig = new Rig({
    faults: (world) => [fakeFault(world, 'cut', Object.assign(new FaultCourses(), { describe: described, leftovers }))],
    stacks: [
      {
        descriptor: { completed: { ...COMPLETED, ...given.completed } },
        done:
          given.list ??
          ((): readonly string[] =>
            [...kept, ...doneAgain(), ...askedSince(rig, sinceMs, stepMs, 20)].filter((id) => asked.has(id))),
        acted: (_id, action) => {
          const { clock } = rig.world
          // What is under way is brought to its end.
          if (action === 'stop') kept = keeps([...kept, ...askedSince(rig, sinceMs, stepMs, 0)])
          sinceMs = clock.nowMs()
          backMs = action === 'start' ? later(clock.nowMs(), awayMs) : null
        },
        ...given.stack,
      },
    ],
    ...given.rig,
  })
  const { world } = rig
  const isAway = (atMs: Mono): boolean => backMs === null || msBetween(atMs, backMs) > 0
  world.unhealthy = () => (given.isCalledHealthy !== true && isAway(world.clock.nowMs()) ? 'store is starting' : null)
  if (given.cancelled === true) rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'restart', 500)
  world.answer = (atMs) => {
    asked.add(idOf(atMs))
    const named = hasIds ? { askedJob: idOf(atMs) } : {}
    if (world.broken.size > 0 || isAway(atMs)) return { ok: false, latencyMs: 20, error: 'status 503', ...named }
    const hasBeenAway = backMs !== null && msBetween(monoAt(0), backMs) > 0
    return { ok: true, latencyMs: hasBeenAway ? (given.backLatencyMs ?? 20) : 20, ...(hasIds ? { jobId: idOf(atMs) } : {}) }
  }
  const { results } = await rig.run()
  const [result] = results
  if (result === undefined) throw new Error('there is no result')
  return { rig, result, results }
}

const idOf = (atMs: Mono): string => `job-${Math.round(msBetween(monoAt(0), atMs))}`

/** Ids of what was asked since then, and so long ago at least, one every so often. */
function askedSince({ world }: Rig, fromMs: Mono, stepMs: number, agoMs: number): string[] {
  const ids: string[] = []
  for (let atMs = monoAt(0); msBetween(atMs, world.clock.nowMs()) >= agoMs; atMs = later(atMs, stepMs))
    if (msBetween(fromMs, atMs) >= 0) ids.push(idOf(atMs))
  return ids
}

function told({ expectations }: ScenarioResult): ScenarioResult['expectations'] {
  return expectations.filter(({ text }) => text === TEXT)
}

describe('after a fault that what is stored may have suffered from', () => {
  it('its keeper is restarted once, and knows all that was answered', async () => {
    const { rig, result, results } = await restarted({ rig: { scenarios: [{}, { faults: [] }] } })
    expect(result.verdict).toBe('passed')
    expect(rig.noted('stop store', 'start store')).toEqual(['stop store-id', 'start store-id'])
    expect(told(result)).toEqual([
      {
        ...{ phase: 'after', text: TEXT, met: true, observed: expect.stringMatching(/^all \d\d+ were$/) as string },
        expected: 'each job that was answered is on the list of what was done still when store was restarted, and none twice',
      },
    ])
    expect(result.phases.map(({ name }) => name).slice(-3)).toEqual(['recovery', 'restart', 'collect'])
    expect(result.events.filter(({ source }) => source === 'engine')).toMatchObject([
      { kind: 'restart', detail: 'of store by us, to see what it keeps' },
    ])
    expect(results[1]?.phases.map(({ name }) => name)).not.toContain('restart')
  })

  it('what was in memory alone is lost, and the scenario has failed', async () => {
    const { result } = await restarted({ keeps: (ids) => ids.slice(0, -3) })
    expect(result.verdict).toBe('failed')
    expect(told(result)[0]?.observed).toMatch(/^3 were not on the list any more \(job-\d+, job-\d+, job-\d+\)$/)
    expect(result.recovery.recovered).toBe(true)
  })

  it('it has three seconds to do once more what it has done already', async () => {
    const quick = { awayMs: 0, stepMs: 25, stack: { descriptor: { completed: COMPLETED, canary: QUICK } } }
    const { result } = await restarted({ ...quick, again: (sinceMs) => sinceMs >= 2_900 })
    expect(result.verdict).toBe('failed')
    expect(told(result)[0]?.observed).toMatch(/^1 were done more than once \(job-\d+\)$/)
    expect((await restarted({ ...quick, again: (sinceMs) => sinceMs >= 3_200 })).result.verdict).toBe('passed')
    const [phase] = result.phases.filter(({ name }) => name === 'restart')
    expect(phase?.durationMs).toBe(3_000)
  })

  it('what was answered last of all counts as well', async () => {
    const { result } = await restarted({ keeps: (ids) => ids.slice(0, -1) })
    expect(told(result)[0]?.observed).toMatch(/^1 were not on the list any more/)
  })

  it('what is not answered meanwhile is no relapse, no outage and no sample', async () => {
    const { rig, result } = await restarted({ awayMs: 4_000 })
    expect(result.verdict).toBe('passed')
    expect(result.canary.longestOutageMs).toBeLessThan(8_000)
    const series = rig.written.get(result.series?.file ?? '') ?? ''
    const [stopped] = result.phases.filter(({ name }) => name === 'restart')
    expect(stopped?.durationMs).toBeGreaterThan(4_000)
    const samples = series
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { atMs: number; ok: boolean })
    const at = (name: string): number =>
      Date.parse(result.phases.find((phase) => phase.name === name)?.startedAt ?? '') - Date.parse(result.startedAt)
    expect(samples.filter(({ atMs, ok }) => !ok && atMs >= at('recovery'))).toEqual([])
    expect(samples.some(({ atMs }) => atMs > at('restart'))).toBe(false)
  })

  it('one that does not come back has failed, and the stack is made anew for the next', async () => {
    const { rig, result } = await restarted({ awayMs: 1_000_000, rig: { scenarios: [{ recoveryLimitSeconds: 45 }, {}] } })
    expect(result.verdict).toBe('failed')
    expect(told(result)[0]).toMatchObject({
      phase: 'after',
      observed: expect.stringMatching(
        /^a streak of \d+ good requests after the restart did not happen within 45000 ms: the newest 0/,
      ) as string,
      met: false,
    })
    expect(result.recovery).toMatchObject({
      ...{ recovered: false, afterMs: null, reason: 'the stack was not well again after a restart of ours' },
    })
    expect(rig.noted('recreate')).toHaveLength(1)
  })

  it('one that is slow when it is back is no miss, and told', async () => {
    const { result } = await restarted({ backLatencyMs: 400, rig: { scenarios: [{ recoveryLimitSeconds: 5 }] } })
    const events = result.events.filter(({ source, kind }) => source === 'engine' && kind === 'restart')
    expect(events.map(({ detail }) => detail)).toEqual([
      'of store by us, to see what it keeps',
      expect.stringMatching(/^not as before: \d+ of \d+ answers took over 170 ms/),
    ])
    expect(told(result)).toMatchObject([{ met: true }])
  })

  it('one that answers nothing is not back, however healthy Docker calls it', async () => {
    const { result } = await restarted({ awayMs: 1_000_000, isCalledHealthy: true })
    expect(told(result)[0]).toMatchObject({ met: false })
    expect(result.recovery.recovered).toBe(false)
  })

  it('one of which there is no container was not restarted, which is an error', async () => {
    const { result, rig } = await restarted({ completed: { keptBy: 'nobody' } })
    expect([result.verdict, rig.noted('stop store')]).toEqual(['error', []])
    expect(result.reasons[0]).toContain('there is no container of nobody to restart')
  })

  it('a cancel that comes meanwhile is no miss', async () => {
    const { result } = await restarted({ awayMs: 1_000_000, cancelled: true })
    expect(result.verdict).toBe('error')
    expect(told(result)).toEqual([])
  })

  it('the death that it is has harmed no bystander', async () => {
    const { result } = await restarted({
      stack: {
        events: () => [
          {
            atMs: wallAt(8_640_000_000_000_000),
            action: 'die',
            containerId: 'store-id',
            service: 'store',
            attributes: { name: 's', exitCode: '0' },
          },
        ],
      },
    })
    expect(result.verdict).toBe('passed')
    expect(told(result)).toHaveLength(1)
    expect(result.expectations.find(({ text }) => text === 'bystanders')).toMatchObject({ observed: 'none', met: true })
  })
})

it('who was restarted has done nothing that nobody had asked for', async () => {
  const { result } = await restarted({ completed: { oursAlone: true }, beside: ['x', 'y'] })
  expect(result.verdict).toBe('failed')
  expect(told(result)).toMatchObject([{ met: false, observed: '2 were done though nobody had asked for them (x, y)' }])
  const well = await restarted({ completed: { oursAlone: true } })
  expect(told(well.result)).toMatchObject([
    { met: true, expected: expect.stringMatching(/, and none twice, nor any that nobody had asked for$/) as string },
  ])
})

describe('nobody is restarted', () => {
  it.each<[string, Case, ScenarioResult['verdict']]>([
    ['where nothing was at risk', { describe: {} }, 'passed'],
    ['where nothing was injected', { rig: { options: { noInject: true } } }, 'inconclusive'],
    ['where the stack does not say who', { completed: { keptBy: null } }, 'passed'],
    ['where no answer had an id', { hasIds: false }, 'passed'],
    ['under a load, which would break with it', { rig: { load: { id: 'L', problem: () => null } as never } }, 'passed'],
    ['where nobody tells what was done', { stack: { done: null } }, 'passed'],
    ['where something of the fault has stayed', { leftovers: 'fails' }, 'error'],
    [
      'where the list could not be read',
      {
        list: () => {
          throw new Error('no list')
        },
      },
      'failed',
    ],
  ])('%s', async (_name, given, verdict) => {
    const { rig, result } = await restarted(given)
    expect(rig.noted('stop store', 'start store')).toEqual([])
    expect([result.verdict, told(result)]).toEqual([verdict, []])
  })
})

it('nobody is restarted under a load, which would break with it, or without a recovery', () => {
  const risky = { targets: [], services: [], mechanism: '', risksData: true }
  const recovery = { recovered: true } as ScenarioResult['recovery']
  const state = { injected: true, descriptions: [{ ...risky, risksData: false }, risky], recovery }
  expect(keeperOf({ completed: COMPLETED }, state, false)).toBe('store')
  expect(keeperOf({ completed: COMPLETED }, state, true)).toBeNull()
  expect(keeperOf({ completed: COMPLETED }, { ...state, recovery: null }, false)).toBeNull()
  expect(keeperOf({ completed: COMPLETED }, { ...state, recovery: { ...recovery, recovered: false } }, false)).toBeNull()
  expect(keeperOf({ completed: null }, state, false)).toBeNull()
})
