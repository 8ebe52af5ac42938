import { describe, expect, test } from 'vitest'
import { judgeVram } from './vram-judgement.ts'
import type { VramReading, VramSeen } from './vram-judgement.ts'
import { memoryOn } from './vram-metrics.ts'

const GIB = 1_073_741_824

function reading(usedGib: number, inFlight: number, unread = 0): VramReading {
  return { containers: [{ usedBytes: usedGib * GIB, totalBytes: 24 * GIB }], unread, inFlight }
}

const TAKEN: VramSeen = {
  percent: 100,
  windowMs: 6_000,
  baseline: reading(8, 0),
  begun: true,
  problem: null,
  readings: Array.from({ length: 20 }, () => reading(23.98, 7)),
  watchedMs: 6_000,
  sent: 12,
  answered: { 507: 5 },
}

test('memory that is taken by requests of ours', () => {
  expect(judgeVram(TAKEN)).toMatchObject({
    headline: 'simulated: 99.92 % of the declared GPU memory in use (33.33 % before), 7 requests of ours unanswered',
    measures: {
      simulated: true,
      usedPercentBefore: 33.33,
      usedPercent: 99.92,
      ownRequestsInFlight: 7,
      requestsSent: 12,
      answers507: 5,
    },
    reasons: [],
  })
  expect(judgeVram({ ...TAKEN, percent: 50, readings: TAKEN.readings.map(() => reading(12, 2)) }).reasons).toEqual([])
})

describe('memory that is not is not confirmed', () => {
  test.each<[string, Partial<VramSeen>, RegExp]>([
    ['nothing was injected', { begun: false }, /^no memory was taken$/],
    ['it was in use before', { baseline: reading(23.95, 0) }, /99.79 % were in use before the fault already/],
    ['nobody read it before', { baseline: null }, /not read before/],
    ['nobody read it back', { readings: [] }, /not read back/],
    ['too little is in use', { readings: [reading(20, 5)] }, /83.33 % were in use instead of 100 %/],
    ['it is in use by others', { readings: [reading(24, 0)] }, /no request of ours was under way/],
    ['one does not tell', { readings: [reading(24, 5, 1)] }, /1 containers did not tell/],
    [
      'it was given back',
      { readings: [...TAKEN.readings.slice(10), ...TAKEN.readings.slice(10).map(() => reading(12, 3))] },
      /at 10 of 20 looks it was not in use/,
    ],
    ['it was watched for a while only', { watchedMs: 2_000 }, /watched for 2000 ms/],
    ['it broke off', { problem: 'the helper is gone' }, /^the helper is gone$/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeVram({ ...TAKEN, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
})

describe('memoryOn', () => {
  const metrics = { port: 1, path: '/', usedBytes: 'vram_used', totalBytes: 'vram_total' }

  test('adds up the devices of a page', () => {
    const page =
      '# TYPE vram_used gauge\nvram_used{device="0"} 5\nvram_used{device="1"} 1.5e1\nvram_total 64\nvram_used_ratio 9\n'
    expect(memoryOn(page, metrics)).toEqual({ usedBytes: 20, totalBytes: 64 })
  })

  test.each([
    ['a page without them', 'other 1\n'],
    ['a number that is none', 'vram_used NaN\nvram_total 4\n'],
    ['a page of another kind', '<html>\n'],
  ])('refuses %s', (_name, page) => {
    expect(() => memoryOn(page, metrics)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error)
  })
})
