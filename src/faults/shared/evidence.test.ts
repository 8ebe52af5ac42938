import { describe, expect, test } from 'vitest'
import { combinePlaces, joinJudgements, signedMs, type PlaceJudgement } from './evidence.ts'

function judged(place: string, change: Partial<PlaceJudgement> = {}): PlaceJudgement {
  return { place, headline: '+500 ms median', measures: { addedMs: 500 }, reasons: [], ...change }
}

describe('the evidence of a fault', () => {
  test('of one link is what was seen on it', () => {
    expect(combinePlaces('toxiproxy latency', [judged('queen-proxy', { addedMs: 500 })])).toEqual({
      ...{ confirmed: true, summary: 'queen-proxy: +500 ms median', mechanism: 'toxiproxy latency' },
      ...{ measures: { addedMs: 500 }, reasons: [] },
    })
  })

  test('of several links has the measures of each under its name', () => {
    const { summary, measures } = combinePlaces('down', [
      judged('a', { headline: 'refused' }),
      judged('b', { headline: 'silent' }),
    ])
    expect(summary).toBe('a: refused; b: silent')
    expect(measures).toEqual({ 'a.addedMs': 500, 'b.addedMs': 500 })
  })

  test('says in front how many of how many were chosen', () => {
    expect(combinePlaces('burnt', [judged('a')], '1 of 2').summary).toBe('1 of 2: a: +500 ms median')
  })

  test('adds up the slow-down of several links', () => {
    const links = [judged('queen-proxy', { addedMs: 491.4 }), judged('hive-proxy', { addedMs: 505.3 })]
    expect(combinePlaces('toxiproxy latency', links).summary).toBe(
      '+997 ms median over 2 links (queen-proxy +491 ms, hive-proxy +505 ms)',
    )
  })

  test('adds up nothing where one of them was not measured', () => {
    const links = [judged('a', { addedMs: 491 }), judged('b', { headline: 'nothing came' })]
    expect(combinePlaces('toxiproxy latency', links).summary).toBe('a: +500 ms median; b: nothing came')
  })

  test('is not confirmed by one link alone, and says which one it was not', () => {
    const links = [judged('a'), judged('b', { reasons: ['too little', 'too late'] })]
    const { confirmed, reasons } = combinePlaces('toxiproxy latency', links)
    expect([confirmed, reasons]).toEqual([false, ['b: too little', 'b: too late']])
  })

  test('tells how the system got round it, and where', () => {
    const places = [judged('a'), judged('b', { escaped: ['it sent nothing'] })]
    expect(combinePlaces('deaf', places)).toMatchObject({ confirmed: true, escaped: ['b: it sent nothing'] })
    expect(combinePlaces('deaf', [judged('a')])).not.toHaveProperty('escaped')
  })

  test('is never confirmed by nothing', () => {
    expect(combinePlaces('toxiproxy latency', [])).toEqual({
      ...{ confirmed: false, summary: '', mechanism: 'toxiproxy latency', measures: {}, reasons: ['nothing was measured'] },
    })
  })
})

test('both directions of a link are one judgement', () => {
  const up = { headline: 'slow up', measures: { up: 1 }, reasons: ['up was weak'] }
  const down = { headline: 'slow down', measures: { down: 2 }, reasons: ['down was dead'] }
  expect(joinJudgements([up, down])).toEqual({
    ...{ headline: 'slow up, slow down', measures: { up: 1, down: 2 }, reasons: ['up was weak', 'down was dead'] },
  })
})

test.each([
  [12.4, '+12 ms'],
  [0, '+0 ms'],
  [-0.4, '+0 ms'],
  [-12.6, '−13 ms'],
  [Number.NaN, 'unknown'],
])('a difference of %d ms is told as %s', (value, text) => {
  expect(signedMs(value)).toBe(text)
})
