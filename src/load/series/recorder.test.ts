import { describe, expect, it } from 'vitest'
import { isChaosError } from '../../core/errors.ts'
import { later, sinceEpochMs, type Wall } from '../../core/time/moment.ts'
import { SeriesRecorder, type RecorderOptions } from './recorder.ts'
import { SeriesRecording } from './recording.ts'
import { memoryScratch } from './scratch.fixture.ts'
import {
  csvOf,
  csvRows,
  endOf,
  openSeries,
  type OpenSeries,
  PLAIN,
  recordedOf,
  requestAt,
  shortened,
  shortSeries,
  START_MS,
  type Row,
} from './samples.fixture.ts'

const users = (counts: readonly number[]): Row[] =>
  counts.map((value, second) => ({ metric: 'vus', atMs: second * 1_000, value }))

describe('a recorded series', () => {
  const series = openSeries(
    recordedOf([
      ...users([5, 10, 10, 2]),
      ...requestAt(100, 50),
      ...requestAt(900, 150),
      ...requestAt(1_200, 250),
      ...requestAt(2_500, 2_000, { status: '503', isExpected: false }),
      ...requestAt(3_999, 10, { status: '0', errorCode: '1212', isExpected: false }),
      { metric: 'tasks', atMs: 200, value: 1, extra: 'outcome=served' },
      { metric: 'tasks', atMs: 2_600, value: 1, extra: 'outcome=rejected' },
    ]),
  )

  it('begins with its first sample and has whole seconds', () => {
    expect([series.startWallMs, series.seconds]).toEqual([START_MS, 4])
    expect(series.metrics).toContainEqual({ name: 'http_req_failed', type: 'rate' })
    expect(series.metrics).toContainEqual({ name: 'vus', type: 'gauge' })
  })

  it('answers for all of it and for stretches', () => {
    expect(series.ask({ metric: 'http_reqs' })).toMatchObject({ type: 'counter', count: 5, sum: 5 })
    expect(series.ask({ metric: 'http_reqs', fromMs: 1_000, toMs: 3_000 })).toMatchObject({ count: 2 })
    // Seconds that begin before the stretch are left out.
    expect(series.ask({ metric: 'http_reqs', fromMs: 1, toMs: 2_000 })).toMatchObject({ count: 1 })
    expect(series.ask({ metric: 'http_req_duration' })).toMatchObject({ count: 5, min: 10, max: 2_000 })
    expect(series.ask({ metric: 'http_req_duration', toMs: 2_000 })?.percentile(50)).toBeCloseTo(150, 0)
    expect(series.ask({ metric: 'http_req_failed' })).toMatchObject({ count: 5, nonZero: 2 })
    expect(series.ask({ metric: 'nothing' })).toBeNull()
    expect(series.ask({ metric: 'http_reqs', fromMs: 4_000 })).toBeNull()
  })

  it("tells outcomes apart: the script's own word, or what k6 expected", () => {
    const count = (metric: string, outcome: string): number | undefined => series.ask({ metric, filter: { outcome } })?.count
    expect([count('http_reqs', 'served'), count('http_reqs', 'failed')]).toEqual([3, 2])
    expect([count('tasks', 'served'), count('tasks', 'rejected'), count('tasks', 'failed')]).toEqual([1, 1, undefined])
    expect(series.ask({ metric: 'http_reqs', filter: { scenario: 'default', outcome: 'failed' } })?.count).toBe(2)
    expect(series.ask({ metric: 'http_reqs', filter: { scenario: 'other' } })).toBeNull()
  })

  it('counts errors, users, and requests under way', () => {
    expect(series.errors()).toEqual({ '503': 1, 'error 1212': 1 })
    expect(series.errors(3_000)).toEqual({ 'error 1212': 1 })
    expect(series.users()).toEqual([5, 10, 10, 2])
    // Of the 2 s that end at 2.5 s, half a second lies in the first, and in the third.
    expect(series.inFlight().map((mean) => Math.round(mean * 1_000) / 1_000)).toEqual([0.75, 1.2, 0.5, 0.01])
  })

  it('has requests under way as a metric, a sample for each second', () => {
    // Two that take a second and a half each: two are under way in the first second, one in the second.
    const two = [1, 2].flatMap(() => requestAt(1_500, 1_500))
    const under = openSeries(recordedOf([...users([2]), ...two, ...requestAt(2_900, 1)]))
    const all = under.ask({ metric: 'in_flight' })
    expect([all?.count, all?.max, all?.percentile(50)]).toEqual([3, 2, 1])
    expect(under.ask({ metric: 'in_flight', fromMs: 2_000 })?.max).toBeCloseTo(0.001, 6)
    expect(under.ask({ metric: 'in_flight', fromMs: 60_000 })).toBeNull()
    expect(() => under.ask({ metric: 'in_flight', filter: { outcome: 'served' } })).toThrow('has no tags')
  })

  it('has percentiles and filters only where they were asked for', () => {
    const rows: Row[] = [
      { metric: 'http_req_waiting', atMs: 0, value: 5 },
      { metric: 'own', atMs: 0, value: 7, extra: 'kind=a' },
      { metric: 'own', atMs: 0, value: 9, extra: 'kind=b' },
    ]
    const asked = openSeries(
      recordedOf(rows, { ...PLAIN, percentiles: ['own'], filters: [{ metric: 'own', filter: { kind: 'b' } }] }),
    )
    expect(asked.ask({ metric: 'own', filter: { kind: 'b' } })?.percentile(95)).toBe(9)
    expect(asked.ask({ metric: 'own' })?.percentile(100)).toBe(9)
    expect(() => asked.ask({ metric: 'own', filter: { kind: 'a' } })).toThrow(/own\{kind:a\} was not recorded/)
    expect(() => asked.ask({ metric: 'http_req_waiting' })?.percentile(95)).toThrow(
      /percentiles of http_req_waiting were not recorded/,
    )
  })
})

describe('the recorder', () => {
  it("learns the types of a script's own metrics from k6's summary", () => {
    const recorder = new SeriesRecorder(PLAIN)
    const names = ['r', 'c', 'g', 't', 'unknown']
    recorder.push(Buffer.from(csvOf(names.map((metric) => ({ metric, atMs: 0, value: 1 })))))
    const metrics = {
      r: { value: 1, passes: 1, fails: 0 },
      c: { count: 1, rate: 1 },
      g: { value: 1, min: 1, max: 1 },
      t: { avg: 1, count: 1 },
    }
    expect(endOf(recorder, { metrics }).head.types).toEqual({ r: 'rate', c: 'counter', g: 'gauge', t: 'trend', unknown: 'trend' })
  })

  it('passes on the ids of served answers and no others', () => {
    const ids: string[] = []
    const claim = { metric: 'tasks', key: 'task_id', onId: (id: string) => ids.push(id) }
    const task = (outcome: string, metadata: string): Row => ({
      metric: 'tasks',
      atMs: 0,
      value: 1,
      extra: `outcome=${outcome}`,
      metadata,
    })
    recordedOf([task('served', 'task_id=a'), task('failed', 'task_id=b'), task('served', ''), task('served', 'x=1&task_id=c')], {
      ...PLAIN,
      claim,
    })
    expect(ids).toEqual(['a', 'c'])
  })

  it('loses no sample that comes too late', () => {
    const rows = [...users(Array.from({ length: 20 }, () => 1)), ...requestAt(2_000, 5)]
    const data = recordedOf(rows)
    expect(data.head.late).toBe(3)
    expect(openSeries(data).ask({ metric: 'http_reqs' })?.count).toBe(1)
  })

  it('takes a row that is up to 15 s late for what it is, and a later one into the oldest second that is not over', () => {
    const recorder = new SeriesRecorder(PLAIN)
    const failed = { status: '500', isExpected: false }
    const late = [...requestAt(3_500, 5, failed), ...requestAt(5_500, 5, failed)]
    recorder.push(Buffer.from(csvOf([...users(Array.from({ length: 21 }, () => 1)), ...late])))
    const { head, rows } = endOf(recorder)
    expect(head.late).toBe(3)
    // Twenty seconds have passed: the first five are over.
    expect(rows.flatMap(({ second, errors }) => (errors['500'] === undefined ? [] : [[second, errors['500']]]))).toEqual([[5, 2]])
    expect(openSeries({ ...shortSeries(head, rows) }).ask({ metric: 'http_reqs', fromMs: 5_000, toMs: 6_000 })?.count).toBe(2)
  })

  it('hands over each second once, when it is over, and forgets it', () => {
    const recorder = new SeriesRecorder(PLAIN)
    const push = (rows: readonly Row[]): void => {
      recorder.push(Buffer.from(csvRows(rows)))
    }
    recorder.push(Buffer.from(csvOf([...users([1]), ...requestAt(200, 5, { status: '500', isExpected: false })])))
    expect(recorder.fetch()).toEqual([])
    // Nothing was told of the seconds between.
    push([{ metric: 'vus', atMs: 18_000, value: 2 }])
    const first = recorder.fetch()
    expect(first.map(({ second, cells, errors }) => [second, cells.size, errors])).toEqual([
      [0, 4, { '500': 1 }],
      [1, 0, {}],
      [2, 0, {}],
    ])
    expect([recorder.fetch(), recorder.copy(0, 3)]).toEqual([[], []])
    // Too late for what is gone, and so for the same second's errors.
    push(requestAt(300, 5, { status: '500', isExpected: false }))
    recorder.end()
    const rest = recorder.fetch()
    expect(rest.map(({ second }) => second)).toEqual(Array.from({ length: 16 }, (_, index) => index + 3))
    expect(rest[0]?.errors).toEqual({ '500': 1 })
  })

  it('counts a request that took long to every second of it, however long ago they were handed over', () => {
    const recorder = new SeriesRecorder(PLAIN)
    recorder.push(Buffer.from(csvOf(users(Array.from({ length: 40 }, () => 1)))))
    recorder.fetch()
    recorder.push(Buffer.from(csvRows(requestAt(40_000, 40_000))))
    recorder.end()
    expect(recorder.meansInFlight()).toEqual([...Array.from({ length: 40 }, () => 1), 0])
  })

  it('shows the last five whole seconds while it records', () => {
    const recorder = new SeriesRecorder(PLAIN)
    const rows = Array.from({ length: 100 }, (_, index) =>
      requestAt(index * 100, 40, { isExpected: index % 10 !== 0, status: '500' }),
    )
    recorder.push(Buffer.from(csvOf([...users([3]), ...rows.flat()])))
    const look = recorder.live()
    expect(look).toMatchObject({ users: 3, requestsPerSecond: 10, errors: 10, errorRate: 0.1 })
    expect(look.p95Ms).toBeCloseTo(40, 1)
    expect(new SeriesRecorder(PLAIN).live()).toEqual({ users: null, requestsPerSecond: 0, errorRate: 0, p95Ms: null, errors: 0 })
  })

  it('keeps little of a long load', () => {
    const rows = Array.from({ length: 600 }, (_, second) =>
      Array.from({ length: 20 }, (_none, index) => requestAt(second * 1_000 + index * 50, 20 + index)),
    )
    const data = recordedOf(rows.flat(2))
    const cells = data.rows.flatMap(({ cells: own }) => [...own.values()])
    const bytes = cells.reduce((sum, { histograms }) => sum + histograms.join('').length, 0)
    expect(bytes / 600).toBeLessThan(120)
  })

  it('refuses groups without end, and loads without end', () => {
    const many = Array.from({ length: 2_001 }, (_, index): Row => ({
      metric: 'own',
      atMs: 0,
      value: 1,
      extra: `outcome=${index}`,
    }))
    expect(() => recordedOf(many)).toThrow(/more than 2000 groups/)
    expect(() => recordedOf([...users([1]), { metric: 'vus', atMs: 5 * 3_600_000, value: 1 }])).toThrow(/more than 14400 s/)
    const empty = (): unknown => recordedOf([])
    expect(empty).toThrow(/not a single sample/)
    try {
      empty()
    } catch (error) {
      expect(isChaosError(error, 'LOAD_FAILED')).toBe(true)
    }
  })
})

describe('what is no load', () => {
  const ends = { begins: 'at_once', endMs: 4_000 } as const
  const outside = (group: string): Partial<Row> => ({ group, scenario: '' })
  const tick = (atMs: number, value: number): Row => ({ metric: 'vus', atMs, value, scenario: '' })
  const recorded = (rows: readonly Row[], options: Partial<RecorderOptions> = {}): OpenSeries & { outside: number } => {
    const data = recordedOf(rows, { ...PLAIN, ends, ...options })
    return { ...openSeries(data), outside: data.head.outside }
  }
  const startMs = (atMs: number): Wall => later(START_MS, atMs)

  it('is what setup() did, and the time that it took', () => {
    const series = recorded([
      ...requestAt(40, 20, outside('::setup')),
      tick(1_000, 0),
      tick(2_000, 0),
      ...requestAt(2_100, 20, { ...outside('::setup::of users'), status: '500', isExpected: false }),
      { metric: 'data_sent', atMs: 2_500, value: 7, ...outside('::setup') },
      ...requestAt(2_900, 20),
      tick(3_000, 2),
      ...requestAt(4_700, 20),
    ])
    expect([sinceEpochMs(series.startWallMs), series.seconds, series.outside]).toEqual([sinceEpochMs(startMs(2_500)), 3, 2])
    expect([series.ask({ metric: 'http_reqs' })?.count, series.errors()]).toEqual([2, {}])
    expect(series.users()).toEqual([2, null, null])
  })

  it('is what teardown() does, and the time that it takes', () => {
    const series = recorded([
      ...requestAt(500, 500),
      tick(1_000, 2),
      ...requestAt(2_000, 20),
      tick(3_000, 0),
      tick(9_000, 0),
      ...requestAt(9_500, 20, outside('::teardown')),
    ])
    // Its plan is of 4 s, however long the last users were not there.
    expect([series.seconds, series.ask({ metric: 'http_reqs' })?.count, series.outside]).toEqual([4, 2, 1])
    const ofIterations = [...requestAt(500, 500), tick(1_000, 0), tick(5_000, 0), ...requestAt(5_100, 20, outside('::teardown'))]
    expect(recorded(ofIterations, { ends: { ...ends, endMs: null } }).seconds).toBe(1)
    expect(recorded(ofIterations.slice(0, -3), { ends: { ...ends, endMs: null } }).seconds).toBe(6)
  })

  it('is no group of the script that is called so', () => {
    const series = recorded([...requestAt(500, 500, { group: '::setup' }), tick(1_000, 2)])
    expect([series.ask({ metric: 'http_reqs' })?.count, series.outside]).toEqual([1, 0])
  })

  it('is not known from what k6 tells when it never came to a load', () => {
    expect(() => recorded([...requestAt(40, 20, outside('::setup'))])).toThrow(/not a single sample/)
  })

  it('is forgotten when it took long, though its seconds were handed over', async () => {
    const recording = new SeriesRecording({ ...PLAIN, ends }, memoryScratch())
    await recording.push(Buffer.from(csvOf([...requestAt(500, 500), tick(1_000, 2), ...requestAt(3_900, 5)])))
    const idle = Array.from({ length: 40 }, (_, index) => tick(4_500 + index * 1_000, 0))
    await recording.push(Buffer.from(csvRows([...idle, ...requestAt(45_000, 5, outside('::teardown'))])))
    const { head, rows } = await shortened(await recording.finish(null))
    expect([head.seconds, rows.map(({ second }) => second)]).toEqual([4, [0, 1, 2, 3]])
  })
})

describe('a request that is not HTTP’s', () => {
  const call = (atMs: number, status: string): Row => ({ metric: 'grpc_req_duration', atMs, value: 10, status })
  const session = (atMs: number, status: string, extra = ''): Row => ({ metric: 'ws_sessions', atMs, value: 1, status, extra })
  const series = openSeries(
    recordedOf([
      call(0, '0'),
      call(100, '14'),
      call(200, 'OK'),
      call(300, ''),
      session(400, '101'),
      session(500, ''),
      session(600, '503'),
    ]),
  )

  it('is one all the same, served or failed', () => {
    expect(series.ask({ metric: 'ws_and_grpc' })).toMatchObject({ type: 'rate', count: 7, nonZero: 4 })
    const count = (outcome: string): number | undefined => series.ask({ metric: 'ws_and_grpc', filter: { outcome } })?.count
    expect([count('served'), count('failed')]).toEqual([3, 4])
    expect(series.errors()).toEqual({ 'gRPC 14': 1, 'gRPC unknown': 1, 'error unknown': 1, '503': 1 })
    expect(series.ask({ metric: 'grpc_req_duration' })?.percentile(50)).toBeCloseTo(10, 1)
  })

  it('is what the script says that it is', () => {
    const own = openSeries(recordedOf([session(0, '', 'outcome=served'), session(0, '101', 'outcome=rejected')]))
    expect(own.ask({ metric: 'ws_and_grpc' })).toMatchObject({ count: 2, nonZero: 1 })
  })

  it('is none of HTTP’s', () => {
    expect(openSeries(recordedOf(requestAt(0, 5))).ask({ metric: 'ws_and_grpc' })).toBeNull()
    expect(series.ask({ metric: 'http_reqs' })).toBeNull()
  })
})

it('answers for the seconds that are over while k6 goes on, and changes nothing by it', () => {
  const recorder = new SeriesRecorder(PLAIN)
  expect(recorder.wholeSeconds).toBeNull()
  const push = (rows: readonly Row[]): void => {
    recorder.push(Buffer.from(csvOf(rows)))
  }
  push([...users([5, 5, 5, 5]), ...requestAt(100, 50), ...requestAt(1_200, 250)])
  const whole = recorder.wholeSeconds ?? 0
  const early = shortSeries(recorder.head(null, whole), recorder.copy(0, whole))
  // The fourth second is under way, the third may not be written whole yet.
  expect([recorder.wholeSeconds, early.head.seconds]).toEqual([2, 2])
  expect(openSeries(early).ask({ metric: 'http_reqs' })?.count).toBe(2)
  expect(endOf(recorder).head.seconds).toBe(4)
})
