import { describe, expect, it } from 'vitest'
import type { GaugeSpec } from '../../core/descriptor.ts'
import type { ContainerPort } from '../../ports/docker.ts'
import { fakeStack, type StackCourses } from '../rig/fake-stack.ts'
import { Rig } from '../rig/rig.ts'
import { World } from '../rig/world.ts'
import { GaugeLooks, judgeGauges, watchGauges } from './gauges.ts'

const gauge = (change: Partial<GaugeSpec> = {}): GaugeSpec => ({
  ...{ service: 'back', port: 80, path: '/metrics', metric: 'waiting', labels: {}, atMostMore: 5, atMostLess: null },
  ...change,
})

interface Watched {
  readonly seen: GaugeLooks | null
  readonly pages: readonly unknown[]
}

type Page = string | number | Error

/** Watches for so long; `pageAt` says what stands on a page at each look, null that it takes until the watch ends. */
async function watch(
  gauges: readonly GaugeSpec[],
  pageAt: (look: number, path: string) => Page | null,
  forMs: number,
  { containers = {}, ...courses }: Partial<StackCourses> & { readonly containers?: Partial<ContainerPort> } = {},
): Promise<Watched> {
  const world = new World()
  const { clock } = world
  const pages: unknown[] = []
  const metrics: StackCourses['metrics'] = (_host, asked, signal) => {
    pages.push(asked)
    return pageAt(pages.length - 1, asked.path) ?? clock.sleep(60_000, signal).then(() => Promise.reject(new Error('too late')))
  }
  const fake = fakeStack(world, { descriptor: { gauges }, metrics, ...courses })
  const deps = { ...fake, containers: { ...fake.containers, ...containers }, clock }
  const over = new AbortController()
  void clock.sleep(forMs, new AbortController().signal).then(() => {
    over.abort()
  })
  return { seen: await clock.until(watchGauges(deps, over.signal)), pages }
}

const rangesOf = (seen: GaugeLooks | null): unknown =>
  [...(seen?.ranges.values() ?? [])].map(({ spec, container, least, most }) => [container, spec.metric, least, most])

describe('the watch of gauges', () => {
  it('keeps the least and the most of each, one look every three seconds at each page', async () => {
    const page = (look: number): string => `waiting{lane="a"} ${look}\nwaiting{lane="b"} 2\nplaces ${10 - look}\n`
    const gauges = [gauge(), gauge({ metric: 'places' }), gauge({ labels: { lane: 'a' } }), gauge({ metric: 'unknown' })]
    const { seen, pages } = await watch(gauges, page, 8_900)
    expect(rangesOf(seen)).toEqual([
      ['fake-back-1', 'waiting', 2, 4],
      ['fake-back-1', 'places', 8, 10],
      ['fake-back-1', 'waiting', 0, 2],
    ])
    expect(pages).toHaveLength(3)
  })

  it('reads a page for each service, and of no other', async () => {
    const { seen, pages } = await watch([gauge(), gauge({ service: 'store' })], () => 'waiting 1', 900)
    expect([pages.length, rangesOf(seen)]).toEqual([
      2,
      [
        ['fake-back-1', 'waiting', 1, 1],
        ['fake-store-1', 'waiting', 1, 1],
      ],
    ])
  })

  it('keeps why a page could not be read the last time', async () => {
    const bad = await watch([gauge()], (look) => (look === 0 ? 'waiting 1' : new Error('refused')), 5_900)
    expect([...(bad.seen?.problems ?? [])]).toEqual([['fake-back-1', 'refused']])
    const odd = await watch([gauge()], () => 'no page', 900)
    expect(odd.seen?.problems.get('fake-back-1')).toContain('is no Prometheus sample')
    const busy = await watch([gauge()], () => 503, 900)
    expect(busy.seen?.problems.get('fake-back-1')).toBe('it answered 503')
    const later = await watch([gauge()], (look) => (look === 0 ? new Error('refused') : 'waiting NaN'), 5_900)
    expect([later.seen?.problems.size, later.seen?.ranges.size]).toEqual([0, 0])
  })

  it('keeps that the containers could not be listed', async () => {
    const containers = { all: () => Promise.reject(new Error('no daemon')) }
    const { seen } = await watch([gauge()], () => 'waiting 1', 900, { containers })
    expect([...(seen?.problems ?? [])]).toEqual([['the stack', 'no daemon']])
  })

  it('has no problem with what its own end breaks off', async () => {
    const page = await watch([gauge()], (look) => (look === 0 ? 'waiting 1' : null), 4_500)
    expect([page.pages.length, page.seen?.problems.size, page.seen?.ranges.size]).toEqual([2, 0, 1])
    const all: ContainerPort['all'] = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('cancelled'))
        })
      })
    const list = await watch([gauge()], () => 'waiting 1', 900, { containers: { all } })
    expect([list.pages.length, list.seen?.problems.size]).toEqual([0, 0])
  })

  it('reads each page of a service, for just what stands there', async () => {
    const gauges = [gauge(), gauge({ metric: 'places', path: '/more' }), gauge({ metric: 'memory', port: 81 })]
    const { seen, pages } = await watch(gauges, (_look, path) => `waiting 1\nplaces ${path.length}\nmemory 3`, 900)
    expect(rangesOf(seen)).toEqual([
      ['fake-back-1', 'waiting', 1, 1],
      ['fake-back-1', 'places', 5, 5],
      ['fake-back-1', 'memory', 3, 3],
    ])
    const asked = { method: 'GET', headers: {}, body: null, timeoutMs: 2_000, maxBytes: 2_097_152 }
    const target = { host: '10.0.0.9', port: 80 }
    expect(pages).toEqual([
      { ...asked, target, path: '/metrics' },
      { ...asked, target, path: '/more' },
      { ...asked, target: { ...target, port: 81 }, path: '/metrics' },
    ])
  })

  it('asks nothing of one that has no address, or where none is declared', async () => {
    const gone = await watch([gauge()], () => 'waiting 1', 900, { states: (state) => ({ ...state, addresses: {} }) })
    expect([gone.pages, rangesOf(gone.seen)]).toEqual([[], []])
    expect((await watch([], () => 'waiting 1', 900)).seen).toBeNull()
    expect((await watch([], () => 'waiting 1', 900, { descriptor: {} })).seen).toBeNull()
  })
})

describe('what the system says that it holds', () => {
  const looks = (values: readonly number[], spec = gauge(), container = 'back-1'): GaugeLooks => {
    const seen = new GaugeLooks()
    for (const value of values) seen.add(container, spec, value)
    return seen
  }
  const CLAUSE = { phase: 'after', text: 'gauges', expected: 'what the system says that it holds is as much as before' }

  it.each<[string, number[], number[], Partial<GaugeSpec>]>([
    ['the same', [3, 1], [1, 9], {}],
    ['a little more at its least', [1], [6], {}],
    ['less, where only more is limited', [9], [0], {}],
    ['more, where only less is limited', [9], [900], { atMostMore: null, atMostLess: 1 }],
    ['a little less at its most', [2, 9], [8, 0], { atMostMore: null, atMostLess: 1 }],
    ['a little more or less, where both are limited', [4, 6], [0, 9, 5], { atMostLess: 1 }],
    ['anything, where nothing is limited', [4], [900], { atMostMore: null }],
  ])('may be %s', (_what, was, is, change) => {
    const spec = gauge(change)
    expect(judgeGauges(looks(was, spec), looks(is, spec))).toEqual({ ...CLAUSE, observed: 'all 1 are', met: true })
  })

  it.each<[string, number[], number[], Partial<GaugeSpec>]>([
    ['waiting of back-1 is 7, 1 before', [4, 1], [9, 7], {}],
    ['waiting of back-1 is 7, 9 before', [2, 9], [7, 0], { atMostMore: null, atMostLess: 1 }],
    ['waiting of back-1 is 10, 4 before', [4], [10], { atMostLess: 1 }],
    ['waiting of back-1 is 2, 4 before', [4], [2], { atMostLess: 1 }],
  ])('is not as before: %s', (observed, was, is, change) => {
    const spec = gauge(change)
    expect(judgeGauges(looks(was, spec), looks(is, spec))).toEqual({ ...CLAUSE, observed, met: false })
  })

  it('is held against what was read at both times', () => {
    const was = looks([1])
    was.add('back-2', gauge(), 1)
    expect(judgeGauges(was, looks([1]))?.observed).toBe('all 1 are')
    const is = looks([1])
    is.add('back-2', gauge(), 90)
    expect(judgeGauges(looks([1]), is)?.observed).toBe('all 1 are')
    expect(judgeGauges(was, is)?.observed).toBe('waiting of back-2 is 90, 1 before')
  })

  it('is undecided where none of it could be read any more', () => {
    const after = new GaugeLooks()
    expect(judgeGauges(looks([1]), after)).toEqual({ ...CLAUSE, observed: 'none of them could be read', met: null })
    after.problems.set('back-1', 'refused')
    expect(judgeGauges(looks([1]), after)?.observed).toBe('back-1 could not be read: refused')
  })

  it('is not asked where nothing was read before, or nothing is declared', () => {
    expect([judgeGauges(new GaugeLooks(), looks([1])), judgeGauges(null, looks([1])), judgeGauges(looks([1]), null)]).toEqual([
      null,
      null,
      null,
    ])
  })

  it('is told of ten at most', () => {
    const many = (value: number): GaugeLooks => {
      const seen = new GaugeLooks()
      for (let index = 0; index < 12; index += 1) seen.add(`back-${index}`, gauge(), value)
      return seen
    }
    expect(judgeGauges(many(0), many(90))?.observed.split('; ')).toHaveLength(10)
  })
})

describe('what was not read', () => {
  const looks = (change: (seen: GaugeLooks) => void): GaugeLooks => {
    const seen = new GaugeLooks()
    change(seen)
    return seen
  }
  const both = looks((seen) => {
    seen.add('back-1', gauge(), 1)
    seen.add('back-2', gauge(), 1)
  })
  const one = (change: (seen: GaugeLooks) => void): GaugeLooks =>
    looks((seen) => {
      seen.add('back-1', gauge(), 1)
      change(seen)
    })

  it.each<[string, GaugeLooks, GaugeLooks]>([
    ['back-2 could not be read: refused', both, one(({ problems }) => problems.set('back-2', 'refused'))],
    ['waiting of back-2 stands on no page any more', both, one(({ unknown }) => unknown.add('waiting of back-2'))],
    ['typo of back-1 stands on no page', one(({ unknown }) => unknown.add('typo of back-1')), both],
    ['back-2 could not be read before: refused', one(({ problems }) => problems.set('back-2', 'refused')), both],
    ['back-1 could not be read before: refused', looks(({ problems }) => problems.set('back-1', 'refused')), both],
  ])('is not as before: %s', (observed, before, after) => {
    expect(judgeGauges(before, after)).toMatchObject({ observed, met: null })
  })

  it('is no matter where the container is gone, or where it was read at another look', () => {
    expect(
      judgeGauges(
        both,
        one(() => undefined),
      ),
    ).toMatchObject({ observed: 'all 1 are', met: true })
    expect(
      judgeGauges(
        one(({ problems }) => problems.set('back-1', 'refused')),
        both,
      ),
    ).toMatchObject({ met: true })
  })

  it('is no matter where it was read at a look before', () => {
    const read = looks((seen) => {
      seen.add('back-1', gauge(), 1)
      seen.add('back-2', gauge(), 1)
      seen.problems.set('back-1', 'refused')
    })
    expect(judgeGauges(both, read)).toMatchObject({ observed: 'all 2 are', met: true })
  })

  it('is told of ten at most', () => {
    const before = one(({ unknown }) => {
      for (let index = 0; index < 12; index += 1) unknown.add(`typo${index} of back-1`)
    })
    const observed = judgeGauges(before, both)?.observed ?? ''
    expect(observed.split('; ')).toEqual(Array.from({ length: 10 }, (_, index) => `typo${index} of back-1 stands on no page`))
  })

  it('hides nothing that has grown', () => {
    const grown = looks((seen) => {
      seen.add('back-1', gauge(), 90)
      seen.problems.set('back-2', 'refused')
    })
    expect(judgeGauges(both, grown)).toMatchObject({ observed: 'waiting of back-1 is 90, 1 before', met: false })
  })

  it('is known of a page that does not have it, until it has', async () => {
    const never = await watch([gauge(), gauge({ metric: 'typo' })], () => 'waiting 1', 900)
    expect([...(never.seen?.unknown ?? [])]).toEqual(['typo of fake-back-1'])
    const late = await watch([gauge()], (look) => (look === 0 ? 'other 1' : 'waiting 1'), 3_900)
    expect(late.seen?.unknown.size).toBe(0)
  })
})

it('a scenario fails by a place that is never given back', async () => {
  const holding = (leaks: boolean): Rig => {
    let wasBroken = false
    const rig: Rig = new Rig({
      stacks: [{ descriptor: { gauges: [gauge()] }, metrics: () => `waiting ${leaks && wasBroken ? 40 : 2}` }],
    })
    const usual = rig.world.answer
    rig.world.answer = (atMs) => {
      wasBroken ||= rig.world.broken.size > 0
      return usual(atMs)
    }
    return rig
  }
  const good = await holding(false).result()
  const bad = await holding(true).result()
  expect([good.verdict, bad.verdict]).toEqual(['passed', 'failed'])
  expect(bad.reasons.join()).toContain('waiting of fake-back-1 is 40, 2 before')
})
