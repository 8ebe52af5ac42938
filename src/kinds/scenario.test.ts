import { expect, it } from 'vitest'
import type { ProfileName } from '../core/model.ts'
import { faultWindowMs, recoveryLimitMs, type Scenario } from './scenario.ts'

function scenario(change: Partial<Scenario>): Scenario {
  return {
    ...{ id: 'NF-001', name: 'Partition', suite: 'chaos', expectedBehavior: '', faults: [], expect: [], durationSeconds: 30 },
    ...{
      profileSeconds: {},
      recoveryLimitSeconds: null,
      control: null,
      mayDie: [],
      exclusive: false,
      freshStack: false,
      mayBeUnused: false,
      source: { file: 'chaos.json', line: 1 },
    },
    ...change,
  }
}

it.each<[string, Partial<Scenario>, ProfileName, number]>([
  ['full runs an entry as long as it says', {}, 'full', 30_000],
  ['quick cuts it to 6 s', {}, 'quick', 6_000],
  ['and so does smoke', {}, 'smoke', 6_000],
  ['quick leaves one of 5.5 s as it is', { durationSeconds: 5.5 }, 'quick', 5_500],
  ['never under 5 s, in quick', { durationSeconds: 2 }, 'quick', 5_000],
  ['nor in full', { durationSeconds: 4.9 }, 'full', 5_000],
  ["the entry's own for a profile is not cut", { profileSeconds: { quick: 9 } }, 'quick', 9_000],
  ['but not under 5 s either', { profileSeconds: { quick: 1 } }, 'quick', 5_000],
  ['one for another profile does not count', { profileSeconds: { quick: 9 } }, 'smoke', 6_000],
  ['also in full the own one comes first', { profileSeconds: { full: 120 } }, 'full', 120_000],
])('the fault is held: %s', (_rule, change, profile, windowMs) => {
  expect(faultWindowMs(scenario(change), profile)).toBe(windowMs)
})

it.each<[string, number | null, ProfileName, number]>([
  ['20 s in smoke', null, 'smoke', 20_000],
  ['20 s in quick', null, 'quick', 20_000],
  ['60 s in full', null, 'full', 60_000],
  ["the entry's own, whatever the profile", 7.5, 'full', 7_500],
  ['and none at all when it says so', 0, 'quick', 0],
])('recovery may take %s', (_rule, recoveryLimitSeconds, profile, limitMs) => {
  expect(recoveryLimitMs(scenario({ recoveryLimitSeconds }), profile)).toBe(limitMs)
})
