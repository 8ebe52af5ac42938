import { describe, expect, it } from 'vitest'
import { passBy, SeriesPass } from './pass.ts'
import type { AskableSeconds } from './questions.ts'
import { openSeries, PLAIN, recordedOf, requestAt, type Row } from './samples.fixture.ts'

const failed: Partial<Row> = { status: '503', isExpected: false }
const series = recordedOf(
  Array.from({ length: 40 }, (_, second): Row[] => [
    { metric: 'vus', atMs: second * 1_000, value: second },
    ...requestAt(second * 1_000 + 10, 20 + second * 3, second % 4 === 0 ? failed : {}),
    ...requestAt(second * 1_000 + 500, 700 - second),
  ]).flat(),
  { ...PLAIN, filters: [{ metric: 'http_reqs', filter: { status: '503' } }] },
)
const open = openSeries(series)

describe('a series that goes by', () => {
  it.each([
    [{ metric: 'http_req_duration' }],
    [{ metric: 'http_req_duration', fromMs: 3_000, toMs: 27_500 }],
    [{ metric: 'http_req_duration', filter: { outcome: 'served' }, fromMs: 1 }],
    [{ metric: 'http_reqs', filter: { status: '503' } }],
    [{ metric: 'in_flight', fromMs: 5_000 }],
    [{ metric: 'vus', toMs: 10_000 }],
    [{ metric: 'http_reqs', fromMs: 40_000 }],
    [{ metric: 'nobody told of it' }],
  ])('answers as one does that is all there: %j', async (question) => {
    const answer = await passBy(series, (passing) => passing.ask(question))
    const expected = open.ask(question)
    const figures = (of: typeof answer): unknown => JSON.parse(JSON.stringify(of))
    expect(figures(answer)).toEqual(figures(expected))
    if (question.metric !== 'http_req_duration') return
    for (const percent of [0, 50, 95, 100]) expect(answer?.percentile(percent)).toBe(expected?.percentile(percent) ?? Number.NaN)
  })

  it('counts the errors of a stretch', async () => {
    expect(await passBy(series, (passing) => passing.errors(4_000, 12_000))).toEqual({ '503': 2 })
    expect(await passBy(series, (passing) => passing.errors())).toEqual({ '503': 10 })
  })

  it('shows each second with those before it, and no more of them than were asked for', async () => {
    const seen: unknown[] = []
    const counts = (seconds: AskableSeconds, fromMs: number): number | undefined =>
      seconds.ask({ metric: 'http_reqs', fromMs })?.count
    await passBy(series, (passing) => {
      passing.watch(3, ({ second, users, seconds }) => {
        seen.push([second, users, counts(seconds, Math.max(0, second - 2) * 1_000)])
        if (second > 2) expect(() => counts(seconds, (second - 3) * 1_000)).toThrow(/is forgotten already/)
      })
      return () => null
    })
    expect(seen.slice(0, 4)).toEqual([
      [0, 0, 2],
      [1, 1, 4],
      [2, 2, 6],
      [3, 3, 6],
    ])
    expect(seen).toHaveLength(40)
  })

  it('answers nothing before it has gone by', () => {
    const pass = new SeriesPass(series.head)
    const answers = [pass.ask({ metric: 'http_reqs' }), pass.errors()]
    for (const row of series.rows) pass.take(row)
    for (const answer of answers) expect(answer).toThrow(/before it had gone by/)
    pass.end()
    expect(answers.map((answer) => answer() !== null)).toEqual([true, true])
  })

  it('refuses what was not recorded when it is asked, not when it has gone by', () => {
    const pass = new SeriesPass(series.head)
    expect(() => pass.ask({ metric: 'http_reqs', filter: { status: '500' } })).toThrow(/\{status:500\} was not recorded/)
    expect(() => pass.ask({ metric: 'in_flight', filter: { outcome: 'served' } })).toThrow('has no tags')
  })
})
