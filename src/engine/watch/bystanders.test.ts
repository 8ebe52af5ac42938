import { expect, it } from 'vitest'
import { wall } from '../../core/time/moment.fixture.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import { fakeFault, type FaultCourses } from '../rig/fake-fault.ts'
import { Rig } from '../rig/rig.ts'
import { judgeBystanders, type BystanderTerms } from './bystanders.ts'

function event(action: string, name: string, changes: Partial<ContainerEvent> = {}): ContainerEvent {
  const containerId = `${name}0123456789abcdef`
  const exit = action === 'die' ? { exitCode: '1' } : {}
  return { atMs: wall(1_230), action, containerId, service: name, attributes: { name: `run-${name}-1`, ...exit }, ...changes }
}

function judge(events: readonly ContainerEvent[], changes: Partial<BystanderTerms> = {}): ReturnType<typeof judgeBystanders> {
  const terms = { aimed: new Set(['run-back-1']), mayDie: [], injectedWallMs: wall(1_000), disturbedWallMs: null }
  return judgeBystanders(() => events, { ...terms, ...changes })
}

const CLAUSE = { phase: 'after', text: 'bystanders', expected: 'no other container dies or turns unhealthy' }

it.each([
  ['nothing happened', []],
  ['the target died', [event('die', 'back')]],
  [
    'a container that was hit died',
    [event('die', 'worker', { containerId: 'hit', attributes: {} }), event('die', 'pool', { attributes: { name: 'hit-too' } })],
  ],
  ['something died that may', [event('die', 'cache'), event('oom', 'cache')]],
  ['others were looked at, and turned healthy', [event('exec_die', 'front'), event('health_status: healthy', 'front')]],
  ['a helper ended', [event('die', '')]],
])('holds when %s', (_what, events) => {
  const aimed = new Set(['run-back-1', 'hit', 'hit-too'])
  expect(judge(events, { aimed, mayDie: ['cache'] })).toEqual({ ...CLAUSE, observed: 'none', met: true })
})

it.each([
  ['die', 'run-front-1 died with exit code 1 230 ms after the injection'],
  ['oom', 'run-front-1 ran out of memory 230 ms after the injection'],
  ['health_status: unhealthy', 'run-front-1 turned unhealthy 230 ms after the injection'],
])('is missed by %s, whatever came of it', (action, observed) => {
  expect(judge([event(action, 'front'), event('start', 'front')])).toEqual({ ...CLAUSE, observed, met: false })
})

it('tells containers by their short id, and ends of which nobody knows the code', () => {
  const nameless = event('die', 'front', { attributes: {} })
  expect(judge([nameless]).observed).toBe('front0123456 died with exit code unknown 230 ms after the injection')
})

it('is bounded where a container dies again and again, and where all do', () => {
  const loop = Array.from({ length: 7 }, (_, index) => event('die', 'front', { atMs: wall(1_000 + index) }))
  expect(judge(loop.slice(0, 5)).observed.split(', ')).toHaveLength(5)
  const told = judge(loop).observed
  expect(told.split(', ')).toHaveLength(6)
  expect(told).toMatch(/^run-front-1 died .* 0 ms .* 4 ms after the injection, 2 times more$/)
  const all = Array.from({ length: 12 }, (_, index) => event('die', `s${index}`))
  expect(judge(all.slice(0, 10)).observed.split('; ')).toHaveLength(10)
  expect(judge(all).observed.split('; ').slice(9)).toEqual([
    'run-s9-1 died with exit code 1 230 ms after the injection',
    '2 more',
  ])
})

it('is over when we restart somebody ourselves', () => {
  const death = [event('die', 'front')]
  expect(judge(death, { disturbedWallMs: wall(1_229) }).met).toBe(true)
  expect(judge(death, { disturbedWallMs: wall(1_230) }).met).toBe(false)
})

it('is undecided when nobody knows what happened', () => {
  const unknown = judgeBystanders(
    () => {
      throw new Error('the feed is broken')
    },
    { aimed: new Set(), mayDie: [], injectedWallMs: wall(0), disturbedWallMs: null },
  )
  expect(unknown).toEqual({ ...CLAUSE, observed: 'the feed is broken', met: null })
})

/** Tells, at any time after the injection, of deaths of these containers. */
function withDeaths(
  names: readonly string[],
  mayDie: readonly string[] = [],
  courses: Partial<FaultCourses> = { hits: ['back-1'] },
): Rig {
  const rig: Rig = new Rig({
    faults: (world) => [fakeFault(world, 'cut', courses)],
    stacks: [
      {
        events: () =>
          names.map((name) =>
            event('die', name, { atMs: rig.world.clock.wallMs(), attributes: { name: `${name}-1`, exitCode: '1' } }),
          ),
      },
    ],
    scenarios: [{ mayDie }],
  })
  return rig
}

it('a death that no fault aimed at fails a scenario that nobody else noticed it in', async () => {
  const result = await withDeaths(['store']).result()
  expect(result.verdict).toBe('failed')
  expect(result.reasons).toEqual([
    expect.stringMatching(
      /^bystanders: expected no other container dies .*, observed store-1 died with exit code 1 \d+ ms after/,
    ),
  ])
})

it.each<[string, Rig]>([
  ['was hit, or may die,', withDeaths(['back', 'store'], ['store'])],
  ['a fault aimed at', withDeaths(['back', 'store'], [], { describe: { targets: ['back-1', 'store-1'] } })],
])('the death of what %s is none', async (_what, rig) => {
  const result = await rig.result()
  expect([result.verdict, result.expectations.at(-1)]).toEqual(['passed', { ...CLAUSE, observed: 'none', met: true }])
})
