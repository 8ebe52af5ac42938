import { describe, expect, it } from 'vitest'
import { mono, wall } from '../../core/time/moment.fixture.ts'
import type { Wall } from '../../core/time/moment.ts'
import type { Hit } from '../../kinds/context.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import { fakeFault, type FaultCourses } from '../rig/fake-fault.ts'
import { Rig } from '../rig/rig.ts'
import { bystanderTerms, judgeBystanders, type BystanderTerms } from './bystanders.ts'

function event(action: string, name: string, changes: Partial<ContainerEvent> = {}): ContainerEvent {
  const containerId = `${name}0123456789abcdef`
  const exit = action === 'die' ? { exitCode: '1' } : {}
  return { atMs: wall(1_230), action, containerId, service: name, attributes: { name: `run-${name}-1`, ...exit }, ...changes }
}

function judge(events: readonly ContainerEvent[], changes: Partial<BystanderTerms> = {}): ReturnType<typeof judgeBystanders> {
  return judgeBystanders(() => events, { ...TERMS, aimed: new Set(['run-back-1']), ...changes })
}

const TERMS: BystanderTerms = {
  ...{ aimed: new Set(), mayDie: [], sinceWallMs: wall(1_000) },
  ...{ hitsWallMs: new Map(), undoing: null, disturbedWallMs: null },
}
const CLAUSE = {
  ...{ phase: 'after', text: 'bystanders' },
  expected: 'no other container dies or turns unhealthy, and none that was hit dies again',
}

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

describe('one that was hit', () => {
  const id = 'back0123456789abcdef'
  const death = (atMs: number, action = 'die'): ContainerEvent => event(action, 'back', { atMs: wall(atMs) })
  const hitsWallMs = new Map([[id, [wall(1_090)]]])
  const undoing = { fromWallMs: wall(2_000), toWallMs: wall(2_100) }

  it('dies of it once, and is not to die again', () => {
    expect(judge([death(1_095), death(1_095, 'oom')], { hitsWallMs, undoing }).met).toBe(true)
    expect(judge([death(1_095), death(1_400), death(1_450, 'oom'), death(1_500)], { hitsWallMs, undoing })).toEqual({
      ...CLAUSE,
      observed:
        'run-back-1 died with exit code 1 once more 400 ms after the injection, died with exit code 1 once more 500 ms after the injection',
      met: false,
    })
  })

  it('dies as often as it was hit until then, and each for itself', () => {
    expect(judge([death(1_090)], { hitsWallMs }).met).toBe(true)
    expect(judge([death(1_089)], { hitsWallMs }).met).toBe(false)
    const twice = new Map([[id, [wall(1_090), wall(1_300)]]])
    expect(judge([death(1_095), death(1_300)], { hitsWallMs: twice }).met).toBe(true)
    expect(judge([death(1_095), death(1_299)], { hitsWallMs: twice }).met).toBe(false)
    const other = event('die', 'back', { containerId: 'other' })
    const both = new Map([...hitsWallMs, ['other', [wall(1_090)]] as const])
    expect(judge([death(1_095), other], { hitsWallMs: both }).met).toBe(true)
  })

  it('may die of it late, as one that was held and is let go, but no second time', () => {
    expect(judge([death(2_500)], { hitsWallMs, undoing }).met).toBe(true)
    expect(judge([death(1_095), death(2_500)], { hitsWallMs, undoing }).observed).toBe(
      'run-back-1 died with exit code 1 once more 1500 ms after the injection',
    )
  })

  it('may die again and again while a fault lasts that does not say once, and not when it is over', () => {
    expect(judge([death(1_100), death(1_200), death(1_999), death(2_100)], { undoing }).met).toBe(true)
    expect(judge([death(1_100), death(2_101)], { undoing })).toEqual({
      ...CLAUSE,
      observed: 'run-back-1 died with exit code 1, the fault over, 1101 ms after the injection',
      met: false,
    })
    expect(judge([death(2_101)]).met).toBe(true)
  })

  it('may be ended by the undoing', () => {
    expect(judge([death(1_095), death(2_000), death(2_100)], { hitsWallMs, undoing }).met).toBe(true)
    expect(judge([death(1_095), death(1_999)], { hitsWallMs, undoing }).met).toBe(false)
  })

  it('may die where that is said, and by ourselves', () => {
    const late = [death(2_101)]
    expect(judge(late, { undoing, mayDie: ['back'] }).met).toBe(true)
    expect(judge(late, { undoing, disturbedWallMs: wall(2_100) }).met).toBe(true)
    expect(judge([death(2_101, 'oom'), death(2_101, 'health_status: unhealthy')], { undoing }).met).toBe(true)
  })
})

describe('what is asked after', () => {
  const hit = (containerId: string, service: string, atMs: number): Hit => ({
    ...{ containerId, name: `${service}-1`, service, pid: 1, member: null, atMs: mono(0), atWallMs: wall(atMs) },
  })
  const fault = (services: string[], endsOnce?: boolean): FaultDescription => ({
    ...{ targets: [], services, mechanism: '' },
    ...(endsOnce === undefined ? {} : { endsOnce }),
  })
  const seen = {
    ...{ descriptions: [], hits: [], injectedWallMs: wall(40), disturbed: null },
    ...{ revertCalled: { atMs: mono(0), atWallMs: wall(50) }, revertedWallMs: wall(60) },
  }

  it('is what happened since the first hit, or the injection where that came first', () => {
    const since = (hits: Hit[]): Wall => bystanderTerms({ ...seen, hits }, { mayDie: [] }).sinceWallMs
    expect([since([]), since([hit('a', 'b', 30), hit('a', 'b', 20)]), since([hit('a', 'b', 45)])]).toEqual([
      ...[wall(40), wall(20), wall(40)],
    ])
    const asked: Wall[] = []
    judgeBystanders((sinceMs) => {
      asked.push(sinceMs)
      return []
    }, TERMS)
    expect(asked).toEqual([wall(1_000)])
  })

  it('knows by the faults that end once who was hit by nothing else, and when', () => {
    const { hitsWallMs, undoing } = bystanderTerms(
      {
        ...seen,
        descriptions: [fault(['back', 'both'], true), fault(['store', 'both'], false), fault(['gate'])],
        hits: [
          ...[hit('b', 'back', 20), hit('b', 'back', 10), hit('c', 'back', 30)],
          ...[hit('s', 'store', 5), hit('g', 'gate', 5), hit('t', 'both', 5)],
        ],
      },
      { mayDie: [] },
    )
    expect([...hitsWallMs]).toEqual([
      ['b', [wall(20), wall(10)]],
      ['c', [wall(30)]],
    ])
    expect(undoing).toEqual({ fromWallMs: wall(50), toWallMs: wall(60) })
    for (const open of [{ revertCalled: null }, { revertedWallMs: null }])
      expect(bystanderTerms({ ...seen, ...open }, { mayDie: [] }).undoing).toBeNull()
  })
})

it('is over when we restart somebody ourselves', () => {
  const death = [event('die', 'front')]
  expect(judge(death, { disturbedWallMs: wall(1_229) }).met).toBe(true)
  expect(judge(death, { disturbedWallMs: wall(1_230) }).met).toBe(false)
})

it('is undecided when nobody knows what happened', () => {
  const unknown = judgeBystanders(() => {
    throw new Error('the feed is broken')
  }, TERMS)
  expect(unknown).toEqual({ ...CLAUSE, observed: 'the feed is broken', met: null })
})

/** Tells, at any time after the injection, of deaths of these containers. */
function withDeaths(
  names: readonly string[],
  mayDie: readonly string[] = [],
  courses: Partial<FaultCourses> = { hits: ['back-1'] },
  when: 'at once' | 'at the end' = 'at once',
): Rig {
  const rig: Rig = new Rig({
    faults: (world) => [fakeFault(world, 'cut', courses)],
    stacks: [
      {
        events: (sinceMs) =>
          names.map((name) => {
            const atMs = when === 'at once' ? sinceMs : rig.world.clock.wallMs()
            return event('die', name, { atMs, attributes: { name: `${name}-1`, exitCode: '1' } })
          }),
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

it('a death of what was hit fails it when the fault is over', async () => {
  const result = await withDeaths(['back'], [], { hits: ['back-1'] }, 'at the end').result()
  expect(result.reasons).toEqual([expect.stringMatching(/observed back-1 died with exit code 1, the fault over, \d+ ms after/)])
})

it.each<[string, Rig]>([
  ['was hit, or may die,', withDeaths(['back', 'store'], ['store'])],
  ['a fault aimed at', withDeaths(['back', 'store'], [], { describe: { targets: ['back-1', 'store-1'] } })],
])('the death of what %s is none', async (_what, rig) => {
  const result = await rig.result()
  expect([result.verdict, result.expectations.at(-1)]).toEqual(['passed', { ...CLAUSE, observed: 'none', met: true }])
})
