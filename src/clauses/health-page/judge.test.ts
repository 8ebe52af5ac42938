import { expect, it } from 'vitest'
import { healthPageText, judgeHealthPage, judgeOneLook, type PageLook } from './judge.ts'

const SPEC = { service: 'web', within_ms: 1_000 }
const good: PageLook = { container: 'web-1', status: 200, error: null, totalMs: 4.4 }

function looks(count: number, changes: Partial<PageLook> = {}): PageLook[] {
  return Array.from({ length: count }, () => ({ ...good, ...changes }))
}

it('holds when all answers are good and in time', () => {
  expect(judgeHealthPage(SPEC, [...looks(4), ...looks(1, { status: 399, totalMs: 1_000 })])).toEqual({
    expected: '≥ 100 % good within 1000 ms',
    observed: '100 % of 5, slowest answer 1000 ms',
    met: true,
  })
})

it.each<[string, Partial<PageLook>]>([
  ['status 400', { status: 400 }],
  ['status 503', { status: 503 }],
  ['status null', { status: null }],
  ['ECONNREFUSED', { status: null, error: 'ECONNREFUSED', totalMs: null }],
  ['eof after 200', { error: 'eof', totalMs: null }],
  ['later than 1000 ms', { totalMs: 1_000.1 }],
  ['later than 1000 ms', { totalMs: null }],
])('is missed by %s', (problem, changes) => {
  const { observed, met } = judgeHealthPage(SPEC, [...looks(9), ...looks(1, changes)])
  expect(observed).toContain(`90 % of 10 (1 × ${problem}), slowest answer `)
  expect(met).toBe(false)
})

it('may allow for some', () => {
  const seen = [...looks(9), ...looks(1, { status: 503 })]
  expect(judgeHealthPage({ ...SPEC, share: 0.9 }, seen).met).toBe(true)
  expect(judgeHealthPage({ ...SPEC, share: 0.91 }, seen).met).toBe(false)
})

it('tells the commonest problems, four of them', () => {
  const statuses = [500, 501, 501, 502, 503, 504]
  const { observed } = judgeHealthPage(
    SPEC,
    statuses.flatMap((status) => looks(1, { status })),
  )
  expect(observed).toBe('0 % of 6 (2 × status 501, 1 × status 500, 1 × status 502, 1 × status 503), slowest answer 4 ms')
})

it('is undecided on fewer than five looks, and has no slowest answer where there was none', () => {
  expect(judgeHealthPage(SPEC, looks(4))).toMatchObject({ observed: 'only 4 looks, 5 are needed to judge', met: null })
  const silent = looks(5, { status: null, error: 'timeout', totalMs: null })
  expect(judgeHealthPage(SPEC, silent)).toMatchObject({ observed: '0 % of 5 (5 × timeout), slowest answer unknown', met: false })
})

it('is undecided by one look where there is no container to look at', () => {
  expect(judgeOneLook(SPEC, [])).toMatchObject({ observed: '0 of 0 good', met: null })
})

it('is told with its limit', () => {
  expect(healthPageText(SPEC)).toBe('health page of web: ≥ 100 % good within 1000 ms')
  expect(healthPageText({ ...SPEC, share: 0.9 })).toBe('health page of web: ≥ 90 % good within 1000 ms')
})
