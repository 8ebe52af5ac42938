import { describe, expect, test } from 'vitest'
import { Crowd, type CrowdPolicy, type Treatment } from './crowd.ts'
import { upstreamPolicy } from './policy.ts'

const policy: CrowdPolicy = {
  ...{ whenCrowded: 'serve-late', tasksPerSecond: 5, seconds: 2, delayMs: 1, failsEvery: 3, keptBytes: 1 },
}

/** What is done with each task of so many in each second. */
function treat(perSecond: readonly number[], changes: Partial<CrowdPolicy> = {}): Treatment[][] {
  const crowd = new Crowd({ ...policy, ...changes })
  return perSecond.map((count, second) =>
    Array.from({ length: count }, (_, index) => crowd.arrive(second * 1_000 + (index * 1_000) / count)),
  )
}

const late = (tasks: readonly Treatment[]): number => tasks.filter((treatment) => treatment === 'late').length

describe('a crowd', () => {
  test('is there after two busy seconds, and gone after one that is not', () => {
    expect(treat([5, 5, 3, 5, 5, 5]).map(late)).toEqual([0, 0, 3, 0, 0, 5])
  })

  test('is no burst, and no steady trickle', () => {
    expect(treat([500, 1, 0, 500]).flatMap((tasks) => tasks.filter((treatment) => treatment !== 'serve'))).toEqual([])
    expect(treat(Array.from({ length: 50 }, () => 4)).map(late)).toEqual(Array.from({ length: 50 }, () => 0))
  })

  test('is served as ever by a queen without defects', () => {
    const crowd = new Crowd(upstreamPolicy(new Set()).crowd)
    expect(Array.from({ length: 10_000 }, (_, index) => crowd.arrive(index)).every((treatment) => treatment === 'serve')).toBe(
      true,
    )
  })

  test.each([
    ['fail-some', 'fail'],
    ['hide-failures', 'hidden-failure'],
  ] as const)('every third one may have bad luck: %s', (whenCrowded, treatment) => {
    expect(treat([5, 5, 6], { whenCrowded })[2]).toEqual(['serve', 'serve', treatment, 'serve', 'serve', treatment])
  })
})
