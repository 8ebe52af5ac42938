import { describe, expect, it } from 'vitest'
import { later } from '../../core/time/moment.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import type { CanarySample } from '../../core/canary.ts'
import { isSlow, slowLimits } from './slow.ts'

function answers(request: string | null, latencies: readonly number[], ok = true): CanarySample[] {
  return latencies.map((latency, index) => {
    const intendedMs = mono(index * 10)
    const named = request === null ? {} : { request }
    const doneMs = later(intendedMs, latency)
    return { ...named, intendedMs, sentMs: intendedMs, doneMs, status: 200, ok, error: null }
  })
}

const same = (latency: number, count: number): number[] => Array.from({ length: count }, () => latency)

describe('what is slow', () => {
  it.each([
    ['a margin above the median, where all were quick', same(20, 20), 170],
    ['one and a half times the tail, where they were not', same(400, 20), 600],
    ['by the newer half: what has just started is slow', [...same(900, 20), ...same(20, 20)], 170],
    ['by ten at least', [...same(900, 5), ...same(20, 5)], 1_350],
  ])('is %s', (_what, steady, limitMs) => {
    const limits = slowLimits(answers(null, steady))
    const verdicts = answers(null, [limitMs, limitMs + 1]).map((sample) => isSlow(sample, limits))
    expect([...limits]).toEqual([[undefined, limitMs]])
    expect(verdicts).toEqual([false, true])
  })

  it('has a limit for each kind of request, and none for one that was not met', () => {
    const turns = Array.from({ length: 10 }, () => [...answers('page', [20]), ...answers('stream', [400])])
    const limits = slowLimits(turns.flat())
    const [page, stream, other] = ['page', 'stream', 'other'].flatMap((request) => answers(request, [500]))
    expect([page, stream, other].map((sample) => sample !== undefined && isSlow(sample, limits))).toEqual([true, false, false])
  })

  it('is not told by answers that failed', () => {
    const steady = [...answers(null, same(20, 10)), ...answers(null, same(9_000, 10), false)]
    expect([...slowLimits(steady).values()]).toEqual([170])
  })
})
