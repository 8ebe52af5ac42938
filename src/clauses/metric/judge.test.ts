import { describe, expect, it } from 'vitest'
import type { MetricSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { judgeMetric, metricText, readMetric, unreadable, type MetricReading } from './judge.ts'

const SPEC: MetricSpec = {
  service: 'hive',
  port: 9_201,
  path: '/metrics',
  metric: 'jobs_total',
  change: { at_least: 3 },
}

function reading(value: number, change: Partial<MetricReading> = {}): MetricReading {
  return { container: 'hive-1', process: 'p1', type: 'counter', value, problem: null, ...change }
}

function judge(
  change: MetricSpec['change'],
  before: MetricReading | MetricReading[],
  after: MetricReading | MetricReading[],
): Observation {
  return judgeMetric({ ...SPEC, change }, [before].flat(), [after].flat())
}

describe('judgeMetric', () => {
  it('compares the sums over the containers', () => {
    const before = [reading(30), reading(5, { container: 'hive-2' })]
    const after = [reading(31), reading(7, { container: 'hive-2' })]
    expect(judge({ at_least: 3, at_most: 3 }, before, after)).toEqual({
      expected: 'grows by 3 or more and by 3 or less',
      observed: 'grew by 3 (35 → 38) over 2 containers',
      met: true,
    })
    expect(judge({ at_least: 4 }, before, after).met).toBe(false)
    expect(judge({ at_most: 2 }, before, after).met).toBe(false)
    expect(judge({ at_most: 0 }, reading(30), reading(30)).met).toBe(true)
  })

  it('follows a gauge down, restarts or not', () => {
    const gauge = { type: 'gauge' } as const
    const fell = judge({ at_most: -1 }, reading(4, gauge), reading(3, { ...gauge, process: 'p2' }))
    expect(fell).toMatchObject({ met: true, observed: 'grew by -1 (4 → 3) over 1 container' })
    expect(judge({ at_least: 0 }, reading(4, gauge), reading(3, gauge)).met).toBe(false)
  })

  it('proves by a counter that began again only what it still shows', () => {
    const restarted = reading(4, { process: 'p2' })
    expect(judge({ at_least: 3 }, reading(30), restarted)).toMatchObject({
      met: true,
      observed: 'grew by at least 4 over 1 container; hive-1 was restarted, which resets its counters',
    })
    expect(judge({ at_least: 5 }, reading(30), restarted).met).toBeNull()
    expect(judge({ at_most: 3 }, reading(30), restarted).met).toBe(false)
    expect(judge({ at_most: 5 }, reading(30), restarted).met).toBeNull()
    expect(judge({ at_least: 1, at_most: 5 }, reading(30), restarted).met).toBeNull()
    // It has more than before by now, and yet has lost what it counted until it died.
    expect(judge({ at_most: 50 }, reading(30), reading(40, { process: 'p2' })).met).toBeNull()
    const fell = judge({ at_most: 10 }, reading(30), reading(4))
    expect(fell).toMatchObject({ met: null, observed: expect.stringMatching(/hive-1 began to count again/) as string })
  })

  it('proves nothing by what has no type and began again', () => {
    const untyped = { type: 'untyped' } as const
    expect(judge({ at_least: 3 }, reading(1, untyped), reading(5, untyped)).met).toBe(true)
    expect(judge({ at_least: -9 }, reading(5, untyped), reading(1, untyped))).toMatchObject({
      met: null,
      observed: 'its change is unknown; hive-1 fell, as no counter does',
    })
    expect(judge({ at_least: 3 }, reading(1, untyped), reading(5, { ...untyped, process: 'p2' })).met).toBeNull()
  })

  it('is undecided where a page could not be read, unless the others decide', () => {
    const gone = unreadable('hive-2', 'p1', 'it is exited')
    const known = reading(0, { container: 'hive-2' })
    expect(judge({ at_least: 3 }, [reading(1), known], [reading(5), gone])).toMatchObject({
      met: true,
      observed: 'grew by at least 4 over 2 containers; hive-2 could not be read: it is exited',
    })
    expect(judge({ at_least: 5 }, [reading(1), known], [reading(5), gone]).met).toBeNull()
    expect(judge({ at_most: 9 }, [reading(1), known], [reading(5), gone]).met).toBeNull()
    expect(judge({ at_most: 3 }, [reading(1), known], [reading(5), gone]).met).toBe(false)
    expect(judge({ at_most: 9 }, [reading(1), known], reading(5)).met).toBeNull()
    expect(judge({ at_most: 9 }, unreadable('hive-1', 'p1', 'x'), reading(5)).met).toBeNull()
    const gauge = { type: 'gauge' } as const
    expect(
      judge({ at_least: 0 }, [reading(1, gauge), reading(0, { ...gauge, container: 'hive-2' })], [reading(5, gauge), gone]).met,
    ).toBeNull()
  })

  it('tells of each container why its change is not known', () => {
    const unread = unreadable('hive-1', 'p1', 'answered 503')
    const why = (before: MetricReading[], after: MetricReading[]): string => judge({ at_least: 1 }, before, after).observed
    expect(why([reading(1)], [])).toBe('grew by at least 0 over 1 container; hive-1 was gone in the end')
    expect(why([unread], [reading(5)])).toBe(
      'grew by at least 0 over 1 container; hive-1 could not be read before the fault: answered 503',
    )
    const untyped = { type: 'untyped' } as const
    expect(why([reading(1, untyped)], [reading(5, { ...untyped, process: 'p2' })])).toBe(
      'its change is unknown; hive-1 was restarted, which may reset it',
    )
    expect(why([reading(30)], [reading(4)])).toBe('grew by at least 4 over 1 container; hive-1 began to count again')
  })

  it('is not exact where one of several containers is not', () => {
    const before = [reading(1), reading(30, { container: 'hive-2' })]
    const after = [reading(5), reading(2, { container: 'hive-2', process: 'p2' })]
    expect(judge({ at_most: 5 }, before, after)).toMatchObject({
      observed: 'grew by at least 6 over 2 containers; hive-2 was restarted, which resets its counters',
      met: false,
    })
    expect(judge({ at_most: 6 }, before, after).met).toBeNull()
    expect(judge({ at_least: 6 }, before, after).met).toBe(true)
    expect(judge({ at_least: 7 }, before, after).met).toBeNull()
  })

  it('adds fractions without what adding them leaves', () => {
    const tenths = [reading(0.1), reading(0.1, { container: 'hive-2' })]
    const more = [reading(0.3), reading(0.1, { container: 'hive-2' })]
    expect(judge({ at_least: 0.1 }, tenths, more).observed).toBe('grew by 0.2 (0.2 → 0.4) over 2 containers')
  })

  it('counts a container that was added from nothing', () => {
    expect(judge({ at_least: 7, at_most: 7 }, reading(1), [reading(6), reading(2, { container: 'hive-2' })]).met).toBe(true)
  })

  it('never takes a metric that no page knows for one that stood still', () => {
    const missing = reading(0, { type: null })
    expect(judge({ at_most: 0 }, missing, missing)).toMatchObject({ met: null, observed: 'no page knows jobs_total' })
    const unread = unreadable('hive-1', 'p', 'answered 404')
    expect(judge({ at_most: 0 }, unread, unread)).toEqual({
      ...{ expected: 'grows by 0 or less', observed: 'hive-1: answered 404', met: null },
    })
    const others = unreadable('hive-2', 'p', 'it is exited')
    expect(judge({ at_most: 0 }, [unread, missing], [unread, others]).observed).toBe('hive-1: answered 404; hive-2: it is exited')
    expect(judge({ at_most: 0 }, [], [])).toMatchObject({ met: null, observed: 'no container to read' })
  })

  it('knows its kind from any of the pages', () => {
    const missing = reading(0, { type: null })
    expect(judge({ at_least: 3 }, missing, reading(3))).toMatchObject({
      met: true,
      observed: 'grew by 3 (0 → 3) over 1 container',
    })
  })
})

describe('readMetric', () => {
  const body = '# TYPE jobs_total counter\njobs_total{outcome="completed"} 12\njobs_total{outcome="failed"} 3\n'

  it('sums the series that count', () => {
    expect(readMetric(SPEC, 'hive-1', 'p1', body)).toEqual(reading(15))
    expect(readMetric({ ...SPEC, labels: { outcome: 'failed' } }, 'hive-1', 'p1', body)).toEqual(reading(3))
  })

  it('takes a label set that is not there yet for 0, and a name that is not there for unknown', () => {
    expect(readMetric({ ...SPEC, labels: { outcome: 'rejected' } }, 'hive-1', 'p1', body)).toEqual(reading(0))
    expect(readMetric({ ...SPEC, metric: 'job_total' }, 'hive-1', 'p1', body)).toMatchObject({ type: null })
  })

  it('notices a process that was replaced inside its container', () => {
    const started = (at: number): string => readMetric(SPEC, 'hive-1', 'p1', `${body}process_start_time_seconds ${at}\n`).process
    expect(started(100)).not.toBe(started(200))
    expect(started(100)).toBe(started(100))
  })

  it('is of the process that its container began with, where the page does not say', () => {
    expect(readMetric(SPEC, 'hive-1', 'p1', `${body}process_start_time_seconds 100\n`).process).toBe('p1 100')
    expect(readMetric(SPEC, 'hive-1', 'p1', body).process).toBe('p1')
  })

  it('has no value where the page has none', () => {
    expect(readMetric(SPEC, 'hive-1', 'p1', 'jobs_total +Inf\n')).toMatchObject({ problem: 'jobs_total is Infinity', value: 0 })
    expect(readMetric(SPEC, 'hive-1', 'p1', 'jobs_total NaN\n')).toMatchObject({ problem: 'jobs_total is NaN', value: 0 })
  })
})

describe('metricText', () => {
  it('says in one line what is asserted', () => {
    expect(metricText({ ...SPEC, labels: { outcome: 'failed' }, change: { at_most: 0 } })).toBe(
      'metric jobs_total{outcome="failed"} of hive: grows by 0 or less',
    )
    expect(metricText({ ...SPEC, labels: { a: '1', b: '2' }, change: { at_least: 1.5, at_most: 3 } })).toBe(
      'metric jobs_total{a="1", b="2"} of hive: grows by 1.5 or more and by 3 or less',
    )
    expect(metricText({ ...SPEC, labels: {} })).toBe('metric jobs_total of hive: grows by 3 or more')
  })
})
