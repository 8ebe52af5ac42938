import { describe, expect, it } from 'vitest'
import type { CanarySample } from '../../core/canary.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import { retryAfterPart } from './retry-after.ts'

const sample = (status: number | null, retryAfterSeconds?: number, change: Partial<CanarySample> = {}): CanarySample => ({
  ...{ intendedMs: mono(0), sentMs: mono(0), doneMs: mono(5), status, ok: status === 200, error: null },
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  ...change,
})

describe('who is turned away', () => {
  it.each<[string, CanarySample[], string, boolean]>([
    ['nobody', [sample(200), sample(null), sample(507)], 'nobody was', true],
    ['each told when to come back', [sample(503, 1), sample(429, 3), sample(200)], 'all 2 were told so', true],
    ['one of them not', [sample(503, 1), sample(503)], '1 of 2 without Retry-After', false],
    ['one of them not, by another status', [sample(429), sample(503, 0)], '1 of 2 without Retry-After', false],
    ['for an hour', [sample(503, 1), sample(503, 3_600), sample(503, 4)], '2 of 3 later than that, 3600 s at most', false],
    ['both', [sample(503), sample(503, 60)], '1 of 2 without Retry-After, 1 of 2 later than that, 60 s at most', false],
    ['by an answer that was cut off', [sample(503, undefined, { cut: true })], 'nobody was', true],
  ])('%s', (_what, samples, observed, met) => {
    expect(retryAfterPart(3, samples)).toEqual({ expected: 'who is turned away is to come back within 3 s', observed, met })
  })
})
