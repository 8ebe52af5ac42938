import { describe, expect, it } from 'vitest'
import type { ResolvedName } from '../../toolbox/operations/network/dns.ts'
import { judgeDns, type DnsSeen } from './judge.ts'

function found(name: string, ...tookMs: number[]): ResolvedName[] {
  return tookMs.map((took) => ({ name, tookMs: took, addresses: ['10.0.0.2'], error: null }))
}

function failed(name: string, ...errors: string[]): ResolvedName[] {
  return errors.map((error) => ({ name, tookMs: 1_000, addresses: [], error }))
}

const before = [...found('web', 1, 2, 3), ...found('db', 2, 2, 2), ...failed('lone', 'ENOTFOUND')]
const counted = { questions: 20, broken: 14, others: 4 }
const all: DnsSeen = { mode: 'refused', names: null, delayMs: null, services: ['web', 'db', 'lone'], before, during: [], counted }
const one: DnsSeen = { ...all, names: ['web'], services: ['db', 'lone'] }
const slow = { mode: 'slow', delayMs: 300 } as const

describe('names are shown to be broken', () => {
  it('all of them, by those that resolved before', () => {
    const during = [...failed('web', 'EREFUSED', 'EREFUSED'), ...failed('db', 'EREFUSED'), ...failed('lone', 'ENOTFOUND')]
    expect(judgeDns({ ...all, during })).toEqual({
      headline: '2 of 2 names refused, 4 questions of others met it',
      measures: {
        ...{ namesCount: 2, brokenNamesCount: 2, sparedNamesCount: 0, baselineMs: 2, addedMs: null },
        ...{ questionsCount: 20, brokenQuestionsCount: 14, othersQuestionsCount: 4 },
      },
      reasons: [],
    })
  })

  it.each<[Partial<DnsSeen>, string, string]>([
    [{ mode: 'refused' }, 'EREFUSED', '1 of 1 names refused, 4 questions of others met it'],
    [{ mode: 'nxdomain' }, 'ENOTFOUND', '1 of 1 names gone, 4 questions of others met it'],
    [{ mode: 'dropped' }, 'ETIMEOUT', '1 of 1 names without an answer, 4 questions of others met it'],
  ])('%j', (mode, error, headline) => {
    const judged = judgeDns({ ...one, ...mode, during: [...failed('web', error), ...found('db', 400)] })
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe(headline)
    expect(judged.measures).toMatchObject({ namesCount: 1, brokenNamesCount: 1, sparedNamesCount: 1 })
  })

  it.each([272, 302, 552])('late, with answers of %i ms', (tookMs) => {
    const judged = judgeDns({ ...one, ...slow, during: [...found('web', tookMs), ...found('db', 271)] })
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe(`1 of 1 names late by ${tookMs - 2} ms, 4 questions of others met it`)
    expect(judged.measures).toMatchObject({ addedMs: tookMs - 2, baselineMs: 2 })
  })

  it('late by seconds, with a margin that grows', () => {
    const late = { ...slow, delayMs: 4_000, services: [] }
    expect(judgeDns({ ...one, ...late, during: found('web', 6_002) }).reasons).toEqual([])
    expect(judgeDns({ ...one, ...late, during: found('web', 6_003) }).reasons).toEqual([
      'web: answers took 6001 ms more, expected 4000 ms more (3600 ms to 6000 ms)',
    ])
  })

  it('dropped, where they took half a second before', () => {
    const seen = { ...one, mode: 'dropped', services: [], during: failed('web', 'ETIMEOUT') } as const
    expect(judgeDns({ ...seen, before: found('web', 500) }).reasons).toEqual([])
    expect(judgeDns({ ...seen, before: found('web', 501) }).reasons).toEqual([
      'web took 501 ms before the fault, too long to tell that it was dropped',
    ])
  })
})

it('how long names took is that of answers with addresses, for the names that are meant', () => {
  const others = [...failed('web', 'ETIMEOUT', 'ETIMEOUT'), ...found('db', 90, 90, 90)]
  const during = [...failed('web', 'EREFUSED'), ...found('db', 90)]
  expect(judgeDns({ ...one, before: [...found('web', 2), ...others], during }).measures['baselineMs']).toBe(2)
})

it('names that took long before may be refused', () => {
  const seen = { ...one, services: [], before: found('web', 501), during: failed('web', 'EREFUSED') }
  expect(judgeDns(seen).reasons).toEqual([])
})

it('a name that is not broken does not count as one, and is told with how often it was answered', () => {
  const judged = judgeDns({ ...one, during: [...found('web', 1, 1), ...found('db', 1)] })
  expect(judged.reasons).toEqual(['web: 2 × answered, expected EREFUSED'])
  expect(judged.headline).toBe('0 of 1 names refused, 4 questions of others met it')
  expect(judged.measures).toMatchObject({ namesCount: 1, brokenNamesCount: 0 })
})

it('a name without an answer has no time', () => {
  const judged = judgeDns({ ...one, ...slow, during: found('db', 2) })
  expect(judged.headline).toBe('0 of 1 names late by 300 ms, 4 questions of others met it')
  expect(judged.measures['addedMs']).toBeNull()
})

describe('names are not shown to be broken', () => {
  it.each<[string, DnsSeen, string[]]>([
    [
      'that resolve in one of the rounds',
      { ...one, during: [...failed('web', 'EREFUSED'), ...found('web', 1), ...failed('web', 'EREFUSED'), ...found('db', 1)] },
      ['web: 2 × EREFUSED, 1 × answered, expected EREFUSED'],
    ],
    [
      'that fail in another way',
      { ...one, during: [...failed('web', 'ETIMEOUT'), ...found('db', 1)] },
      ['web: 1 × ETIMEOUT, expected EREFUSED'],
    ],
    ['that nobody asked for', { ...one, during: found('db', 1) }, ['web: not asked for, expected EREFUSED']],
    [
      'that did not resolve before',
      { ...one, names: ['web', 'lone'], services: [], during: [...failed('web', 'EREFUSED'), ...failed('lone', 'EREFUSED')] },
      ['lone did not resolve before the fault (1 × ENOTFOUND), so nothing shows what became of it'],
    ],
    [
      'of which none resolved before',
      { ...all, before: failed('web', 'ETIMEOUT'), during: failed('web', 'EREFUSED') },
      ['no name of another service resolved before the fault, so nothing shows that it bites'],
    ],
    [
      'when others are broken as well',
      { ...one, during: [...failed('web', 'EREFUSED'), ...failed('db', 'EREFUSED', 'EREFUSED')] },
      ['db is not in the list and did not resolve either: 2 × EREFUSED'],
    ],
    [
      'when others are late as well',
      { ...one, ...slow, during: [...found('web', 302), ...found('db', 272)] },
      ['db is not in the list and took 270 ms more as well'],
    ],
    [
      'that are not late enough',
      { ...one, ...slow, during: [...found('web', 271), ...found('db', 2)] },
      ['web: answers took 269 ms more, expected 300 ms more (270 ms to 550 ms)'],
    ],
    [
      'that are far too late',
      { ...one, ...slow, during: [...found('web', 553), ...found('db', 2)] },
      ['web: answers took 551 ms more, expected 300 ms more (270 ms to 550 ms)'],
    ],
    [
      'that are late once and fail once',
      { ...one, ...slow, during: [...found('web', 302), ...failed('web', 'ETIMEOUT'), ...found('db', 2)] },
      ['web: 1 × answered, 1 × ETIMEOUT, expected a late answer'],
    ],
    ['without an answer at all', { ...one, ...slow, during: found('db', 2) }, ['web: not asked for, expected a late answer']],
    [
      'when nothing could be counted',
      { ...one, during: [...failed('web', 'EREFUSED'), ...found('db', 1)], counted: 'the questions could not be counted: x' },
      ['the questions could not be counted: x'],
    ],
  ])('%s', (_what, seen, reasons) => {
    expect(judgeDns(seen).reasons).toEqual(reasons)
  })

  it('and what was not measured is not a number', () => {
    const during = found('web', 1)
    expect(judgeDns({ ...one, ...slow, before: [], during, counted: 'not counted' })).toMatchObject({
      headline: '0 of 1 names late by 300 ms, unknown questions of others met it',
      measures: {
        ...{ namesCount: 0, baselineMs: null, addedMs: null },
        ...{ questionsCount: null, brokenQuestionsCount: null, othersQuestionsCount: null },
      },
    })
  })
})
