import { describe, expect, it } from 'vitest'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import { judgeLatency, measureLatency } from './latency.ts'
import { measured, toxicOn } from './link.fixture.ts'
import { failed, ok, times } from './samples.fixture.ts'

const spec = { latencyMs: 500, jitterMs: 100, streams: 1, toxicity: 1 }
/** Median 4 ms, and a middle half that is 2 ms wide. */
const before = times(12, (index) => ok(3 + (index % 3)))
/** Without any noise. */
const still = times(12, () => ok(4))

function late(addedMs: number, count = 12): HttpProbeSample[] {
  return times(count, () => ok(4 + addedMs))
}

/** So many of 40 connections are hit. */
function some(bitten: number): HttpProbeSample[] {
  return times(40, (index) => ok(index < bitten ? 504 : 4))
}

describe('judgeLatency', () => {
  it('confirms a median that grew by about the latency', () => {
    const during = times(12, (index) => ok(420 + 15 * index))
    expect(judgeLatency(spec, before, during)).toEqual({
      headline: '+491 ms median',
      measures: {
        ...{ baselineMedianMs: 4, duringMedianMs: 495, addedMedianMs: 491, expectedAddedMs: 500 },
        ...{ samplesCount: 12, hitCount: 12 },
      },
      reasons: [],
      addedMs: 491,
    })
  })

  it.each<[string, Partial<typeof spec>, readonly HttpProbeSample[], readonly HttpProbeSample[]]>([
    ['70 % of it', {}, still, late(350)],
    ['70 % of it on each of two streams', { streams: 2 }, still, late(700)],
    ['what wide jitter leaves of the median of few', { jitterMs: 500 }, still, late(150)],
    ['what wide jitter leaves of the median of many', { jitterMs: 500 }, still, late(263, 40)],
    ['what jitter leaves of two streams', { jitterMs: 300, streams: 2 }, still, late(633)],
    ['little, where the link was still', { latencyMs: 5, jitterMs: 0 }, still, late(4)],
    ['more than the noise of the link', { latencyMs: 2, jitterMs: 0 }, before, late(3.1)],
    ['four answers of five', {}, still, [...late(500, 10), ...times(2, () => failed('timeout'))]],
    ['four answers of five, to the letter', {}, still, [...late(500, 8), ...times(2, () => failed('timeout'))]],
    [
      'what is just 70 % of it on a half of the connections',
      { latencyMs: 100, jitterMs: 0, toxicity: 0.5 },
      still,
      [...late(70, 20), ...late(0, 20)],
    ],
    ['a half, where a half is to be hit', { toxicity: 0.5 }, still, some(19)],
    ['three quarters, where a half is to be hit on two streams', { toxicity: 0.5, streams: 2 }, still, some(30)],
  ])('confirms %s', (_what, change, baseline, during) => {
    expect(judgeLatency({ ...spec, ...change }, baseline, during).reasons).toEqual([])
  })

  it.each<[string, Partial<typeof spec>, readonly HttpProbeSample[], readonly HttpProbeSample[], string[]]>([
    ['a little less than 70 %', {}, still, late(349), ['the median grew by +349 ms, expected at least +350 ms']],
    ['what one of two streams adds', { streams: 2 }, still, late(500), ['the median grew by +500 ms, expected at least +700 ms']],
    [
      'less than wide jitter leaves of the median of few',
      { jitterMs: 500 },
      still,
      late(149),
      ['the median grew by +149 ms, expected at least +150 ms'],
    ],
    [
      'less than wide jitter leaves of the median of many',
      { jitterMs: 500 },
      still,
      late(262, 40),
      ['the median grew by +262 ms, expected at least +263 ms'],
    ],
    [
      'less than jitter leaves of two streams',
      { jitterMs: 300, streams: 2 },
      still,
      late(632),
      ['the median grew by +632 ms, expected at least +633 ms'],
    ],
    [
      'nothing',
      {},
      before,
      before,
      ['the median grew by +0 ms, expected at least +350 ms', 'the median grew by +0 ms, within the noise of the link (+3 ms)'],
    ],
    [
      'what drowns in the noise of the link',
      { latencyMs: 2, jitterMs: 0 },
      before,
      late(3),
      ['the median grew by +3 ms, within the noise of the link (+3 ms)'],
    ],
    [
      'what was not answered before',
      {},
      times(12, () => failed('ECONNREFUSED', false)),
      late(500),
      [
        'before the fault only 0 of 12 probes were answered',
        'the median grew by unknown, expected at least +350 ms',
        'the median grew by unknown, within the noise of the link (unknown)',
      ],
    ],
    [
      'what was hardly answered',
      {},
      still,
      [...late(500, 9), ...times(3, () => failed('timeout'))],
      ['only 9 of 12 probes were answered in time to be measured'],
    ],
    [
      'what was not answered at all',
      {},
      still,
      times(12, () => failed('timeout')),
      [
        'only 0 of 12 probes were answered in time to be measured',
        'the median grew by unknown, expected at least +200 ms',
        'the median grew by unknown, within the noise of the link (+0 ms)',
      ],
    ],
    [
      'all, where a half is to be hit',
      { toxicity: 0.5 },
      still,
      some(40),
      ['40 of 40 connections were hit, expected about 50 %'],
    ],
    [
      'none, where a half is to be hit',
      { toxicity: 0.5 },
      still,
      some(0),
      [
        '0 of 40 connections were hit',
        'the median grew by unknown, expected at least +350 ms',
        'the median grew by unknown, within the noise of the link (+0 ms)',
      ],
    ],
  ])('does not confirm %s', (_what, change, baseline, during, reasons) => {
    expect(judgeLatency({ ...spec, ...change }, baseline, during).reasons).toEqual(reasons)
  })

  it('takes for hit only what is later than the noise of the link, where not all are to be', () => {
    const noisy = times(12, (index) => ok(100 * index))
    // The link alone is late by up to 600 ms; 15 of 20 are later than its noise.
    const during = times(20, (index) => ok(index < 5 ? 1_000 : 1_600))
    const judged = judgeLatency({ ...spec, toxicity: 0.75 }, noisy, during)
    expect([judged.headline, judged.reasons]).toEqual(['+1100 ms median on 15 of 20 connections', []])
    expect(judged.measures['hitCount']).toBe(15)
  })

  it('has no slow-down to add to those of other links where nothing was answered', () => {
    const none = judgeLatency(
      spec,
      still,
      times(12, () => failed('timeout')),
    )
    expect(none).not.toHaveProperty('addedMs')
    expect(none.measures).toMatchObject({ duringMedianMs: null, addedMedianMs: null, samplesCount: 12, hitCount: 0 })
  })
})

describe('measureLatency', () => {
  const link = { before: { answer: () => ok(4) }, during: { answer: () => ok(504) } }

  it('takes what the link does without the toxic again while that is slow, three times at most', async () => {
    const on = toxicOn({ attributes: { latency: 500, jitter: 0 } })
    let [asked, slowFor] = [0, 12]
    const settling = { ...link, before: { answer: () => ok((asked += 1) <= slowFor ? 101 : 100) } }
    const settled = await measured(measureLatency, on, settling)
    expect([settled.before.bursts.length, settled.judgement.measures['baselineMedianMs']]).toEqual([2, 100])
    ;[asked, slowFor] = [0, 1_000]
    const never = await measured(measureLatency, on, settling)
    expect([never.before.bursts.length, never.judgement.measures['baselineMedianMs']]).toEqual([3, 101])
    ;[asked, slowFor] = [0, 12]
    const both = await measured(measureLatency, { ...on, streams: ['upstream', 'downstream'] }, settling)
    expect(both.before.bursts).toHaveLength(1)
    const dead = await measured(measureLatency, on, { ...link, before: { answer: () => failed('timeout') } })
    expect(dead.before.bursts).toHaveLength(1)
  })

  it('sends twelve requests before and twelve while it bites, and waits as long as the toxic takes', async () => {
    const on = toxicOn({ attributes: { latency: 500, jitter: 50 } })
    const { judgement, before: asked, during } = await measured(measureLatency, on, link)
    expect(judgement).toMatchObject({ headline: '+500 ms median', reasons: [] })
    const request = { target: on.access.target, path: '/health', headers: { accept: 'text/plain' } }
    expect(asked.bursts).toEqual([{ ...request, count: 12, intervalMs: 20, timeoutMs: 2_000 }])
    expect(during.bursts).toEqual([{ ...request, count: 12, intervalMs: 20, timeoutMs: 2_550 }])
  })

  it('confirms nothing where nothing was injected', async () => {
    const { judgement } = await measured(measureLatency, toxicOn({ attributes: { latency: 500 } }), {
      ...{ before: link.before, during: link.before },
    })
    expect(judgement.reasons).toEqual([
      'the median grew by +0 ms, expected at least +350 ms',
      'the median grew by +0 ms, within the noise of the link (+0 ms)',
    ])
  })

  it.each<[string, Parameters<typeof toxicOn>[0], number, number]>([
    ['on two streams twice as long', { streams: ['upstream', 'downstream'] }, 12, 3_200],
    ['with jitter of a quarter no more often', { attributes: { latency: 500, jitter: 125 } }, 12, 2_625],
    ['with more jitter forty times', { attributes: { latency: 500, jitter: 126 } }, 40, 2_626],
    ['with half of the connections hit twenty times', { toxicity: 0.5 }, 20, 2_600],
    ['with a quarter of them hit so often that some will be', { toxicity: 0.25 }, 24, 2_600],
  ])('asks %s', async (_how, change, count, timeoutMs) => {
    const on = toxicOn({ attributes: { latency: 500, jitter: 100 }, ...change })
    const { during } = await measured(measureLatency, on, link)
    expect(during.bursts).toMatchObject([{ count, timeoutMs }])
  })

  it('expects the latency once for each stream', async () => {
    const on = toxicOn({ attributes: { latency: 500 }, streams: ['upstream', 'downstream'] })
    const { judgement } = await measured(measureLatency, on, link)
    expect(judgement.reasons).toEqual(['the median grew by +500 ms, expected at least +700 ms'])
  })
})
