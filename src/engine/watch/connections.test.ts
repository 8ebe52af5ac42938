import { describe, expect, it } from 'vitest'
import { mono } from '../../core/time/moment.fixture.ts'
import { msBetween } from '../../core/time/moment.ts'
import { Rig } from '../rig/rig.ts'
import { judgeConnections, usualConnections, withOpen, type Trail, type UsualConnections } from './connections.ts'

interface Course {
  readonly name?: string
  readonly service?: string
  /** New connections a second. */
  readonly opens?: number
  /** How many are open at each look, one a second. */
  readonly open?: readonly number[]
}

function trail({ name = 'back-1', service = 'back', opens = 0, open = [4, 4, 4, 4] }: Course = {}): Trail {
  const looks = open.map((count, second) => ({ atMs: mono(second * 1_000), open: count, opened: 100 + opens * second }))
  return { name, service, startTicks: 9, looks }
}

/** So many requests a second. */
const at =
  (perSecond: number) =>
  (...[fromMs, toMs]: Parameters<Parameters<typeof usualConnections>[1]>): number =>
    (msBetween(fromMs, toMs) * perSecond) / 1_000

const CLAUSE = {
  ...{ phase: 'after', text: 'connections' },
  expected: 'no container opens many more than before, nor gathers or keeps many more',
}

describe('what is usual', () => {
  it('is the most of any container of a service, and how many requests there were', () => {
    const trails = [
      trail({ opens: 2, open: [9, 3, 4] }),
      trail({ name: 'back-2', opens: 3 }),
      trail({ service: 'store', opens: 1 }),
    ]
    expect(usualConnections(trails, at(10))).toEqual({
      requestsPerSecond: 10,
      services: new Map([
        ['back', { openedPerSecond: 3, open: 9 }],
        ['store', { openedPerSecond: 1, open: 4 }],
      ]),
    })
  })

  it('takes a while to see', () => {
    expect(usualConnections([trail({ open: [4, 4] }), trail({ open: [4] }), trail({ open: [] })], at(10))).toBeNull()
    expect(usualConnections([trail({ open: [4, 4, 4] })], at(10))?.services.size).toBe(1)
    const short = { ...trail(), looks: [0, 1_399].map((ms) => ({ atMs: mono(ms), open: 1, opened: 1 })) }
    const enough = { ...trail(), looks: [0, 1_400].map((ms) => ({ atMs: mono(ms), open: 1, opened: 1 })) }
    expect([usualConnections([short], at(1)), usualConnections([enough], at(1))?.services.size]).toEqual([null, 1])
    expect(usualConnections([], at(10))).toBeNull()
    expect(usualConnections([trail()], at(0))).toBeNull()
  })
})

describe('what was open just before the fault', () => {
  const usual: UsualConnections = {
    requestsPerSecond: 10,
    services: new Map([
      ['back', { openedPerSecond: 3, open: 9 }],
      ['store', { openedPerSecond: 1, open: 4 }],
    ]),
  }

  it('counts where it is more than usual, at any look, of services that are known', () => {
    const trails = [trail({ open: [8, 300, 20] }), trail({ service: 'store', open: [3] }), trail({ service: 'new', open: [900] })]
    expect(withOpen(usual, trails)).toEqual({
      requestsPerSecond: 10,
      services: new Map([
        ['back', { openedPerSecond: 3, open: 300 }],
        ['store', { openedPerSecond: 1, open: 4 }],
      ]),
    })
    expect(usual.services.get('back')?.open).toBe(9)
  })

  it('is nothing where nothing is usual', () => {
    expect(withOpen(null, [trail()])).toBeNull()
    expect(withOpen(usual, [])).toEqual(usual)
  })
})

describe('after a fault', () => {
  const usual = (opens: number, open = 4): UsualConnections => ({
    requestsPerSecond: 10,
    services: new Map([['back', { openedPerSecond: opens, open }]]),
  })

  it.each<[string, UsualConnections, Course, number]>([
    ['as many are opened as before', usual(3), { opens: 3 }, 10],
    ['a few more are', usual(0), { opens: 10 }, 10],
    ['half as many again and a few more are', usual(20), { opens: 40 }, 10],
    ['many more are for many more requests', usual(20), { opens: 120 }, 30],
    ['one is for each request', usual(0), { opens: 40 }, 40],
    ['those of a crowd stay open', usual(0), { open: [900, 900, 900, 900] }, 10],
    ['those of a crowd are given back', usual(0), { open: [900, 600, 300, 100] }, 10],
    ['a few are gathered', usual(0), { open: [11, 14, 17, 20] }, 10],
    ['half of many more are', usual(0, 100), { open: [120, 130, 140, 150] }, 10],
    ['more and more are, but slowly', usual(0), { open: [20, 22, 25, 27] }, 10],
    ['many were at the recovery, and no more since', usual(0), { open: [4, 90, 90, 90, 90] }, 10],
  ])('all is well where %s', (_what, was, course, perSecond) => {
    expect(judgeConnections(was, [trail(course)], at(perSecond), null)).toEqual({ ...CLAUSE, observed: 'none of 1', met: true })
  })

  it.each<[string, UsualConnections, Course, number]>([
    ['back-1 has 11.0 new connections a second, 0.0 before', usual(0), { opens: 11 }, 10],
    ['back-1 has 41.0 new connections a second, 20.0 before', usual(20), { opens: 41 }, 10],
    ['back-1 has 30 connections open, 4 before, and ever more of them', usual(0), { open: [20, 25, 30] }, 10],
    ['back-1 has 30 connections open, 4 before, and ever more of them', usual(0), { open: [25, 27, 30] }, 10],
    // Fewer requests are no reason for fewer connections.
    ['back-1 has 41.0 new connections a second, 20.0 before', usual(20), { opens: 41 }, 5],
    ['back-1 has 121.0 new connections a second, 20.0 before', usual(20), { opens: 121 }, 30],
    ['back-1 has 41.0 new connections a second, 0.0 before', usual(0), { opens: 41 }, 40],
    ['back-1 has 21 connections open, 4 before, and ever more of them', usual(0), { open: [12, 15, 18, 21] }, 10],
    ['back-1 has 152 connections open, 100 before, and ever more of them', usual(0, 100), { open: [122, 132, 142, 152] }, 10],
    [
      'back-1 has 30.0 new connections a second, 0.0 before; back-1 has 90 connections open, 4 before, and ever more of them',
      usual(0),
      { opens: 30, open: [0, 30, 60, 90] },
      10,
    ],
  ])('it is not: %s', (observed, was, course, perSecond) => {
    expect(judgeConnections(was, [trail(course)], at(perSecond), null)).toEqual({ ...CLAUSE, observed, met: false })
  })

  it.each<[number, number | null, number, string | null]>([
    [52, 0, 4, null],
    [53, 0, 4, 'back-1 keeps 53 connections open, 4 before'],
    [132, 40, 4, null],
    [133, 40, 4, 'back-1 keeps 133 connections open, 4 before'],
    [300, 0, 200, null],
    [301, 0, 200, 'back-1 keeps 301 connections open, 200 before'],
    [900, null, 4, null],
  ])('%d open, with %s requests under way at most and %d open before: %s', (open, underWay, before, observed) => {
    const judged = judgeConnections(usual(0, before), [trail({ open: [open, open, open, open] })], at(10), underWay)
    expect(judged).toEqual({ ...CLAUSE, observed: observed ?? 'none of 1', met: observed === null })
  })

  it('what still grows is told once', () => {
    const growing = trail({ open: [900, 910, 920, 930] })
    expect(judgeConnections(usual(0), [growing], at(10), 0)?.observed).toBe(
      'back-1 has 930 connections open, 4 before, and ever more of them',
    )
  })

  it('the newest looks count', () => {
    const storm = trail({ open: [4, 4, 4, 4, 4] })
    const looks = storm.looks.map((look, index) => ({ ...look, opened: index === 0 ? 0 : 400 }))
    expect(judgeConnections(usual(0), [{ ...storm, looks }], at(10), null)?.met).toBe(true)
  })

  it('nothing is said of a service that was not seen, nor of too short a look', () => {
    expect(judgeConnections(null, [trail()], at(10), null)).toBeNull()
    expect(judgeConnections(usual(0), [trail({ service: 'other', opens: 900 })], at(10), null)).toBeNull()
    expect(judgeConnections(usual(0), [trail({ open: [4, 900] })], at(10), null)).toBeNull()
    const both = judgeConnections(usual(0), [trail({ service: 'other', opens: 900 }), trail()], at(10), null)
    expect(both?.observed).toBe('none of 1')
  })

  it('is told of ten at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => trail({ name: `back-${index}`, opens: 90 }))
    expect(judgeConnections(usual(0), many, at(10), null)?.observed.split('; ')).toHaveLength(10)
  })
})

it.each([
  [0, 'passed'],
  [30, 'failed'],
])('a scenario after which %i a second are opened has %s', async (perSecond, verdict) => {
  let sinceMs: number | null = null
  const rig: Rig = new Rig({
    stacks: [
      {
        held: () => {
          const nowMs = msBetween(mono(0), rig.world.clock.nowMs())
          if (rig.noted('inject').length > 0) sinceMs ??= nowMs
          const opened = sinceMs === null ? 5 : 5 + ((nowMs - sinceMs) * perSecond) / 1_000
          return { startTicks: 9, threads: 11, memoryKiB: 70_000, unclosed: 0, files: 20, connections: { open: 3, opened } }
        },
      },
    ],
  })
  const result = await rig.result()
  expect(result.expectations.filter(({ text }) => text === 'connections')).toHaveLength(1)
  expect([result.verdict, result.reasons]).toEqual([
    verdict,
    verdict === 'passed' ? [] : [expect.stringContaining('new connections a second')],
  ])
})
