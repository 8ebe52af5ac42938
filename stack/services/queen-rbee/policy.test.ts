import { expect, test } from 'vitest'
import { DEFECTS } from '../shared/defects.ts'
import type { Defect } from '../shared/defects.ts'
import { exponentialBackoff } from './backoff.ts'
import { upstreamPolicy } from './policy.ts'

const of = (...defects: Defect[]): ReturnType<typeof upstreamPolicy> => upstreamPolicy(new Set(defects))
const facts = (policy: ReturnType<typeof upstreamPolicy>): unknown => ({
  ...policy,
  backoff: [1, 2, 3].map(policy.backoff),
  retries: (['timeout', 'connect', 'reset', 'closed', 'busy'] as const).map((reason) => policy.retries(reason)),
})

test('pauses double', () => {
  expect([1, 2, 3, 4].map(exponentialBackoff(100))).toEqual([100, 200, 400, 800])
})

test('what is promised', () => {
  expect(facts(of())).toEqual({
    attemptLimitMs: 1_200,
    answerLimitMs: 4_000,
    backoff: [100, 200, 400],
    retries: [true, true, true, true, true],
    whenExhausted: 'answer-503',
    body: { idleMs: 10_000, totalMs: null, whenIdle: 'cut' },
  })
})

test('each defect changes one behaviour', () => {
  const change: Record<Defect, object> = {
    'no-backoff': { backoff: [100, 100, 100] },
    'hangs-without-upstream': { whenExhausted: 'say-nothing' },
    'tight-upstream-timeout': { attemptLimitMs: 400 },
    'single-short-attempt': { attemptLimitMs: 300, retries: [false, false, false, false, false] },
    'no-retry-on-reset': { retries: [true, true, false, true, true] },
    'total-body-deadline': { body: { idleMs: 10_000, totalMs: 2_000, whenIdle: 'cut' } },
    'truncates-slow-bodies': { body: { idleMs: 60, totalMs: null, whenIdle: 'end' } },
  }
  for (const defect of DEFECTS) expect(facts(of(defect))).toEqual({ ...(facts(of()) as object), ...change[defect] })
})
