import { describe, expect, it } from 'vitest'
import { LoadStart, type Begins, type EarlyRow, type Phase } from './load-start.ts'

const row = (phase: Phase, atMs: number, value = 1, metric = phase === 'users' ? 'vus' : 'http_reqs'): EarlyRow => ({
  ...{ phase, metric, value },
  timeUs: atMs * 1_000,
})

/** The start, ms, and after how many rows it is known; null where the last of them does not tell it either. */
function startOf(begins: Begins, rows: readonly EarlyRow[]): readonly [number | null, number] {
  const start = new LoadStart(begins)
  for (const [index, each] of rows.entries()) {
    const startUs = start.add(each)
    if (startUs !== null) return [startUs / 1_000, index + 1]
  }
  const settled = start.settled()
  return [settled === null ? null : settled / 1_000, rows.length + 1]
}

describe('a load begins', () => {
  it.each<[string, Begins, EarlyRow[], number, number]>([
    [
      'with the end of setup(), however long that took and whatever it sent',
      'at_once',
      [row('setup', 10), row('users', 1_000, 0), row('users', 2_000, 0), row('setup', 2_300), row('load', 2_350)],
      2_300,
      5,
    ],
    ['with that, when its users are told of first', 'at_once', [row('setup', 2_300), row('users', 3_000, 5)], 2_300, 2],
    [
      'with the first request, not with its answer',
      'at_once',
      [row('load', 900, 700, 'http_req_duration'), row('load', 950, 100, 'http_req_duration'), row('users', 1_000, 2)],
      200,
      3,
    ],
    ['with the first iteration', 'at_once', [row('load', 900, 850, 'iteration_duration'), row('users', 1_000, 0)], 50, 2],
    ['a second before k6 tells of its users, when no answer has come by then', 'at_once', [row('users', 1_000, 2)], 0, 1],
    [
      'not before k6 had its users ready',
      'at_once',
      [row('users', 1_000, 0), row('users', 2_000, 0), row('users', 3_000, 5)],
      2_000,
      3,
    ],
    [
      'with what came after that',
      'at_once',
      [row('users', 1_000, 0), row('users', 2_000, 0), row('load', 2_600, 200, 'http_req_duration')],
      2_400,
      3,
    ],
    ['with k6, where the first iteration is to come later', 'later', [row('users', 1_000, 0), row('load', 8_000)], 0, 2],
    ['with k6, at a rate', 'at_a_rate', [row('load', 700), row('users', 1_000, 3)], 0, 2],
    [
      'once the users that wait for a rate are ready',
      'at_a_rate',
      [row('users', 1_000, 0), row('users', 2_000, 3), row('load', 9_000)],
      1_000,
      2,
    ],
    [
      'with what there is, when k6 ends before it tells of users',
      'at_once',
      [row('load', 400, 300, 'iteration_duration')],
      100,
      2,
    ],
    ['with the first sample, when that is all there is', 'later', [row('load', 400), row('load', 300)], 300, 3],
  ])('%s', (_what, begins, rows, startMs, known) => {
    expect(startOf(begins, rows)).toEqual([startMs, known])
  })

  it('never, when there was nothing', () => {
    expect(startOf('at_once', [])).toEqual([null, 1])
  })

  it('by what there is, when there are too many samples to wait any longer', () => {
    const many = Array.from({ length: 20_001 }, (_, index) => row('load', 500 + index))
    expect(startOf('at_once', many)).toEqual([500, 20_000])
  })
})

it('all that came before the start was known is of the load, but for what setup() did', () => {
  const start = new LoadStart('at_once')
  for (const each of [row('setup', 5), row('users', 1_000, 0), row('setup', 1_500), row('load', 1_600)]) start.add(each)
  expect(start.early.map(({ phase }) => phase)).toEqual(['users', 'load'])
})

it('how many users k6 can have says nothing of how many it has', () => {
  expect(startOf('at_once', [row('users', 1_000, 50, 'vus_max'), row('users', 1_001, 0), row('load', 1_500)])).toEqual([1_500, 3])
})
