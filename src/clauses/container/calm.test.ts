import { later } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ContainerSpec } from './spec.ts'
import { died, event, HIT_MS, state } from './container.fixture.ts'
import { calmOf, calmParts, type Stretch } from './calm.ts'
import type { Part } from '../shared/parts.ts'

const one = state({ pid: 200 })
const two = state({ id: 'w2', name: 'worker-2', pid: 300 })

/** From 50 ms before the hit to 6 s after it. */
function stretch(change: Partial<Stretch>): Stretch {
  const times = { fromWallMs: later(HIT_MS, -50), untilWallMs: later(HIT_MS, 6_000), zeroWallMs: HIT_MS }
  return { before: [one, two], after: [one, two], events: [], ...times, ...change }
}

function judged(change: Partial<Stretch>, spec: Partial<ContainerSpec> = { survives: true }): Part[] {
  return calmParts({ service: 'worker', ...spec }, calmOf(stretch(change)))
}

describe('the calm of a service', () => {
  it('is kept when nothing happened to any of them', () => {
    const others = [died(100, '1', 'other'), event(200, 'kill'), event(300, 'oom'), died(-51), died(6_001)]
    expect(judged({ events: others }, { survives: true, healthy: true })).toEqual([
      {
        expected: 'none died or was restarted',
        observed: 'none of 2 (worker-1, worker-2) died or was restarted',
        met: true,
      },
      { expected: 'none turned unhealthy', observed: 'none of 2 (worker-1, worker-2) turned unhealthy', met: true },
    ])
  })

  it.each<[string, Partial<Stretch>, string]>([
    ['a death', { events: [died(2_310, '1', 'w2')] }, 'worker-2 died with exit code 1 after 2.31 s'],
    ['a death in its first moment', { events: [died(-50)] }, 'worker-1 died with exit code 137 while the fault was injected'],
    ['a death in its last moment', { events: [died(6_000)] }, 'worker-1 died with exit code 137 after 6.00 s'],
    ['a death right when the fault was on', { events: [died(0)] }, 'worker-1 died with exit code 137 after 0.00 s'],
    ['a death without an exit code', { events: [event(10, 'die')] }, 'worker-1 died with exit code unknown after 0.01 s'],
    [
      'another process, of which no event told',
      { after: [{ ...one, pid: 999 }, two] },
      'worker-1 is another process than before (running)',
    ],
    [
      'another start of the same pid, of which no event told',
      { after: [{ ...one, status: 'restarting', startedAt: '2026-01-01T00:00:12Z' }, two] },
      'worker-1 is another process than before (restarting)',
    ],
    ['a removal', { after: [one] }, 'worker-2 is gone'],
    ['each of them', { events: [died(100)], after: [] }, 'worker-1 died with exit code 137 after 0.10 s; worker-2 is gone'],
  ])('is broken by %s', (_what, change, observed) => {
    expect(judged(change)).toEqual([{ expected: 'none died or was restarted', observed, met: false }])
    expect(judged(change, { survives: false })).toEqual([{ expected: 'at least one died', observed, met: true }])
  })

  it('is broken for its health by an unhealthy moment, though it passed', () => {
    const healed = event(4_000, 'health_status: healthy')
    const events = [event(2_000, 'health_status: running'), event(3_000, 'health_status: unhealthy'), healed]
    expect(judged({ events }, { healthy: true })).toEqual([
      { expected: 'none turned unhealthy', observed: 'worker-1 turned unhealthy after 3.00 s', met: false },
    ])
    expect(judged({ events }, { healthy: false })).toEqual([
      { expected: 'at least one turned unhealthy', observed: 'worker-1 turned unhealthy after 3.00 s', met: true },
    ])
    expect(judged({ events: [healed] }, { healthy: true })).toMatchObject([{ met: true }])
  })

  it('is broken for its health by who is unhealthy in the end, whatever was told', () => {
    const after = [{ ...one, health: 'unhealthy' }, two]
    expect(judged({ after }, { healthy: true })).toMatchObject([{ observed: 'worker-1 is unhealthy', met: false }])
    // Gone is another matter.
    expect(judged({ after: [two] }, { healthy: true })).toMatchObject([{ met: true }])
  })

  it('is not what is wanted where something was to happen', () => {
    expect(judged({}, { survives: false, healthy: false })).toEqual([
      { expected: 'at least one died', observed: 'none of 2 (worker-1, worker-2) died or was restarted', met: false },
      { expected: 'at least one turned unhealthy', observed: 'none of 2 (worker-1, worker-2) turned unhealthy', met: false },
    ])
  })

  it('has no health to speak of where one has no health check, unless another is unhealthy', () => {
    const plain = [{ ...one, health: null }, two]
    expect(judged({ before: plain, after: plain }, { healthy: true })).toEqual([
      { expected: 'none turned unhealthy', observed: 'worker-1: no health check to go by', met: null },
    ])
    const both = plain.map((container) => ({ ...container, health: null }))
    expect(judged({ before: both, after: both }, { healthy: true })).toMatchObject([
      { observed: 'worker-1, worker-2: no health check to go by', met: null },
    ])
    const sick = [plain[0] ?? one, { ...two, health: 'unhealthy' }]
    expect(judged({ before: plain, after: sick }, { healthy: true })).toMatchObject([{ met: false }])
    expect(judged({ before: plain, after: plain })).toMatchObject([{ met: true }])
  })

  it('is unknown of containers that came later', () => {
    const observed = 'none of them was there before the fault'
    expect(judged({ before: [], after: [] }, { survives: true, healthy: true })).toEqual([
      { expected: 'none died or was restarted', observed, met: null },
      { expected: 'none turned unhealthy', observed, met: null },
    ])
  })

  it('is asked for as the clause says', () => {
    expect(judged({}, {})).toEqual([])
    expect(judged({}, { survives: false, healthy: true }).map(({ expected }) => expected)).toEqual([
      'at least one died',
      'none turned unhealthy',
    ])
  })
})
