import { expect, test } from 'vitest'
import { DEFECTS, type Defect } from '../shared/defects.ts'
import { exponentialBackoff } from './backoff.ts'
import { queenIntake, upstreamPolicy } from './policy.ts'

function facts(...defects: Defect[]): Record<string, unknown> {
  const { crowd, ...policy } = upstreamPolicy(new Set(defects))
  return {
    ...queenIntake(new Set(defects)),
    ...policy,
    whenCrowded: crowd.whenCrowded,
    backoff: [1, 2, 3].map(policy.backoff),
    retries: (['timeout', 'connect', 'reset', 'closed', 'busy'] as const).map((reason) => policy.retries(reason)),
  }
}

test('pauses double', () => {
  expect([1, 2, 3, 4].map(exponentialBackoff(100))).toEqual([100, 200, 400, 800])
})

test('what is promised', () => {
  expect(facts()).toEqual({
    whenLate: 'queue',
    withoutDescriptors: 'carry-on',
    bytesPerRequest: 0,
    attemptLimitMs: 1_200,
    answerLimitMs: 4_000,
    backoff: [100, 200, 400],
    retries: [true, true, true, true, true],
    whenExhausted: 'answer-503',
    lanesAfterFailure: Infinity,
    mixedUpAfterMs: Infinity,
    besideLargeAnswers: 'go-on',
    besideRetries: 'nothing',
    whenRefused: 'forget-it',
    body: { idleMs: 10_000, idleFromBytes: 0, totalMs: null, whenIdle: 'cut' },
    whenCrowded: 'serve',
  })
})

test('each defect changes one behaviour, or none of the queen', () => {
  const changes: Partial<Record<Defect, object>> = {
    'no-backoff': { backoff: [100, 100, 100] },
    'hangs-without-upstream': { whenExhausted: 'say-nothing' },
    'tight-upstream-timeout': { attemptLimitMs: 400 },
    'single-short-attempt': { attemptLimitMs: 300, retries: [false, false, false, false, false] },
    'no-retry-on-reset': { retries: [true, true, false, true, true] },
    'few-at-once-after-a-failure': { lanesAfterFailure: 6 },
    'mixes-up-late-answers': { mixedUpAfterMs: 500 },
    'keeps-what-it-refused': { whenRefused: 'keep-a-file-open' },
    'total-body-deadline': { body: { idleMs: 10_000, idleFromBytes: 0, totalMs: 2_000, whenIdle: 'cut' } },
    'truncates-slow-bodies': { body: { idleMs: 60, idleFromBytes: 8_192, totalMs: null, whenIdle: 'end' } },
    'waits-behind-large-answers': { besideLargeAnswers: 'wait' },
    'repeats-under-another-id': { besideRetries: 'same-task-under-another-id' },
    'shortens-when-late': { whenLate: 'halve-answers' },
    'does-what-it-refuses': { whenLate: 'do-and-refuse' },
    'refuses-after-a-shortage': { withoutDescriptors: 'refuse-for-a-while' },
    'hoards-descriptors': { withoutDescriptors: 'keep-many-afterwards' },
    'queen-drops-when-busy': { whenLate: 'refuse' },
    'queen-dies-without-descriptors': { withoutDescriptors: 'exit' },
    'hoards-memory': { bytesPerRequest: 4_194_304 },
    'late-when-crowded': { whenCrowded: 'serve-late' },
    'fails-when-crowded': { whenCrowded: 'fail-some' },
    'hides-failures-when-crowded': { whenCrowded: 'hide-failures' },
    'leaks-when-crowded': { whenCrowded: 'forget-nothing' },
  }
  for (const defect of DEFECTS) expect(facts(defect)).toEqual({ ...facts(), ...changes[defect] })
})
