import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../ports/docker.ts'
import { systemClock } from '../../core/time/clock.ts'
import type { Observation } from '../../kinds/clause.ts'
import { attemptsIn, jsonAttempts } from './attempts.ts'
import { collectGaps as collect, gapsText, judgeGaps as judge, type GapGroups } from './judge.ts'
import type { LogGapsSpec } from './spec.ts'

const spec = {
  service: 'queen-rbee',
  group_by: 'task_id',
  from: "event == 'attempt_failed'",
  to: "event == 'attempt_started'",
  growth: 1.5,
  min_gaps: 2,
  min_groups: 2,
  share: 0.8,
}

/** Of JSON. */
function collectGaps(asked: LogGapsSpec, lines: readonly LogLine[]): GapGroups {
  return collect(jsonAttempts(asked, lines))
}

function judgeGaps(asked: LogGapsSpec, lines: readonly LogLine[]): Observation {
  return judge(asked, lines, jsonAttempts(asked, lines))
}

function line(atMs: number, fields: object | string): LogLine {
  return { atMs: wall(atMs), stream: 'stdout', text: typeof fields === 'string' ? fields : JSON.stringify(fields) }
}

/** A task whose attempts last 1200 ms with these pauses between them. */
function task(id: string, startMs: number, gapsMs: readonly number[]): LogLine[] {
  let atMs = startMs
  const lines = [line(atMs, { event: 'attempt_started', task_id: id })]
  for (const gapMs of gapsMs) {
    atMs += 1_200
    lines.push(line(atMs, { event: 'attempt_failed', task_id: id }))
    atMs += gapMs
    lines.push(line(atMs, { event: 'attempt_started', task_id: id }))
  }
  return [...lines, line(atMs + 900, { event: 'attempt_failed', task_id: id })]
}

describe('judgeGaps', () => {
  it('sees a backoff grow, interleaved with other tasks and other lines', () => {
    const lines = [
      ...task('a', 0, [104, 207]),
      ...task('b', 37, [101, 203, 405]),
      line(5, 'plain text'),
      line(6, '{broken'),
      line(7, { task_id: 'c', event: 'served' }),
    ]
    expect(judgeGaps(spec, lines.toReversed())).toEqual({
      expected: 'in ≥ 80 % of at least 2 groups with ≥ 2 gaps each gap ≥ 1.5 × the one before',
      observed: '100 % of 2 groups grow (median gaps 101 ms → 203 ms → 405 ms)',
      met: true,
    })
  })

  it('is missed by equal gaps', () => {
    const lines = [...task('a', 0, [100, 102, 99]), ...task('b', 10, [100, 200])]
    expect(judgeGaps(spec, lines)).toMatchObject({
      observed: expect.stringMatching(/^50 % of 2 groups grow/) as string,
      met: false,
    })
  })

  it('is missed when attempts fail but are not repeated, and when the retries are not there at all', () => {
    const single = [...task('a', 0, []), ...task('b', 10, [])]
    const few = (groups: number, of: number, most: number, lines: number): string =>
      `${groups} groups have 2 gaps or more, of ${of} in which 'event == 'attempt_failed'' was logged` +
      ` (at most ${most} gaps, ${lines} JSON lines)`
    expect(judgeGaps(spec, single)).toMatchObject({ met: false, observed: few(0, 2, 0, 4) })
    expect(judgeGaps(spec, [line(1, { event: 'served', task_id: 'a' })])).toMatchObject({ met: false, observed: few(0, 0, 0, 1) })
    expect(judgeGaps(spec, [...task('a', 0, [100, 200]), ...task('b', 9, [1])])).toMatchObject({
      ...{ met: false, observed: few(1, 2, 2, 10) },
    })
  })

  it.each<[string, Partial<typeof spec>, LogLine[], string, boolean]>([
    [
      'each gap half as long again',
      {},
      [...task('a', 0, [100, 150]), ...task('b', 9, [100, 150])],
      '100 % of 2 groups grow (median gaps 100 ms → 150 ms)',
      true,
    ],
    [
      'one gap a little shorter than that',
      {},
      [...task('a', 0, [100, 150]), ...task('b', 9, [100, 149])],
      '50 % of 2 groups grow (median gaps 100 ms → 149 ms)',
      false,
    ],
    [
      'the last gap shrinks',
      {},
      [...task('a', 0, [100, 200, 299]), ...task('b', 9, [100, 200, 400])],
      '50 % of 2 groups grow (median gaps 100 ms → 200 ms → 299 ms)',
      false,
    ],
    [
      'just as large a share of groups',
      { share: 0.5 },
      [...task('a', 0, [100, 100]), ...task('b', 9, [100, 200])],
      '50 % of 2 groups grow (median gaps 100 ms → 100 ms)',
      true,
    ],
    [
      'groups with fewer gaps do not count',
      {},
      [...task('a', 0, [100, 200]), ...task('b', 9, [100, 200]), ...task('c', 20, [500])],
      '100 % of 2 groups grow (median gaps 100 ms → 200 ms)',
      true,
    ],
    [
      'six gaps are told at most',
      { min_groups: 1 },
      task('a', 0, [1, 2, 4, 8, 16, 32, 64]),
      '100 % of 1 groups grow (median gaps 1 ms → 2 ms → 4 ms → 8 ms → 16 ms → 32 ms)',
      true,
    ],
  ])('%s', (_what, change, lines, observed, met) => {
    expect(judgeGaps({ ...spec, ...change }, lines)).toMatchObject({ observed, met })
  })

  it('is undecided when the log has no JSON', () => {
    expect(judgeGaps(spec, [line(1, 'GET / 200')])).toMatchObject({ met: null, observed: 'none of 1 log lines is JSON' })
    expect(judgeGaps(spec, [])).toMatchObject({ met: null })
  })

  it('takes the last failure before a start, and ignores a start without one', () => {
    const lines = [
      line(0, { event: 'attempt_started', task_id: 'a' }),
      line(10, { event: 'attempt_failed', task_id: 'a' }),
      line(50, { event: 'attempt_failed', task_id: 'a' }),
      line(150, { event: 'attempt_started', task_id: 'a' }),
      line(160, { event: 'attempt_started', task_id: 'a' }),
      line(170, { event: 'attempt_failed', task_id: '' }),
    ]
    expect(collectGaps(spec, lines).groups.get('a')).toEqual([100])
  })

  it('allows a line to end one gap and begin the next, and numbers as groups', () => {
    const every = { ...spec, from: "msg == 'retry'", to: "msg == 'retry'", group_by: 'task.id' }
    const lines = [0, 100, 300].map((atMs) => line(atMs, { msg: 'retry', task: { id: 7 } }))
    expect([...collectGaps(every, lines).groups]).toEqual([['7', [100, 200]]])
  })

  it('passes over lines that an expression cannot be applied to', () => {
    const strict = { ...spec, from: "starts_with(event, 'attempt_f')" }
    expect(collectGaps(strict, [line(0, { task_id: 'a' }), ...task('a', 1, [100])]).groups.get('a')).toEqual([100])
  })

  it.each(['group_by', 'from', 'to', 'at'])('refuses what is no expression and names its key: %s', (key) => {
    expect(() => collectGaps({ ...spec, [key]: 'event ==' }, [])).toThrow(
      `log_gaps: '${key}' is no JMESPath expression (event ==)`,
    )
  })

  it('knows no group of a line that has no name or number to go by', () => {
    const keys = [null, true, ['a'], { id: 'a' }]
    const lines = keys.flatMap((key) => [line(0, { event: 'attempt_failed', task_id: key })])
    expect([...collectGaps(spec, lines).groups]).toEqual([])
  })

  it('says in one line what it asserts', () => {
    expect(gapsText(spec)).toBe(
      'log of queen-rbee, gaps by task_id: in ≥ 80 % of at least 2 groups with ≥ 2 gaps each gap ≥ 1.5 × the one before',
    )
  })
})

describe('lines of text', () => {
  const text = {
    ...{ service: 'queen-rbee', group_by_regex: 'task=(\\w+)', from_regex: 'attempt failed', to_regex: 'attempt started' },
    ...{ growth: 1.5, min_gaps: 2, min_groups: 1, share: 1 },
  }
  const ctx = { clock: systemClock, signal: new AbortController().signal }
  const collectText = async (asked: LogGapsSpec, lines: readonly LogLine[]): Promise<GapGroups> =>
    collect(await attemptsIn(asked, lines, ctx))
  const judgeText = async (lines: readonly LogLine[]): Promise<Observation> =>
    judge(text, lines, await attemptsIn(text, lines, ctx))
  /** Two gaps between attempts of a task, by Docker's time. */
  const retries = (task: string, first: number, second: number): LogLine[] => [
    line(0, `WARN attempt failed task=${task}`),
    line(first, `INFO attempt started task=${task}`),
    line(1_000, `WARN attempt failed task=${task}`),
    line(1_000 + second, `{"msg":"attempt started task=${task}"}`),
  ]

  it('show pauses that grow, by when Docker recorded them', async () => {
    expect(await judgeText(retries('a', 100, 200).toReversed())).toEqual({
      expected: 'in ≥ 100 % of at least 1 groups with ≥ 2 gaps each gap ≥ 1.5 × the one before',
      observed: '100 % of 1 groups grow (median gaps 100 ms → 200 ms)',
      met: true,
    })
    expect(gapsText(text)).toMatch(/^log of queen-rbee, gaps by task=\(\\w\+\): in/)
  })

  it('that say neither neither open nor end a pause', async () => {
    const noise = [
      line(50, 'INFO attempt paused task=a'),
      line(150, 'INFO attempt went on task=a'),
      line(1_100, 'INFO bye task=a'),
    ]
    expect(await judgeText([...retries('a', 100, 200), ...noise])).toMatchObject({
      observed: '100 % of 1 groups grow (median gaps 100 ms → 200 ms)',
    })
    const slow = retries('a', 100, 200)
    expect((await attemptsIn(text, [...slow, ...noise], ctx)).map(({ opens, ends }) => [opens, ends])).toEqual([
      ...[true, false, true, false].map((opens) => [opens, !opens]),
      ...noise.map(() => [false, false]),
    ])
  })

  it('show pauses that do not', async () => {
    const lines = [...retries('a', 100, 200), ...retries('b', 100, 110)]
    expect(await judgeText(lines)).toMatchObject({
      observed: '50 % of 2 groups grow (median gaps 100 ms → 110 ms)',
      met: false,
    })
  })

  it('belong to the group that the pattern finds, or to none', async () => {
    const lines = [...retries('a', 100, 200), ...retries('', 1, 2), line(5, 'attempt failed of nobody')]
    expect([...(await collectText(text, lines)).groups]).toEqual([['a', [100, 200]]])
    const optional = { ...text, group_by_regex: 'attempt (?:started|failed)(?: task=(\\w+))?' }
    expect([...(await collectText(optional, lines)).groups.keys()]).toEqual(['a'])
  })

  it('are one group where the pattern of the groups matches all of them alike', async () => {
    const lines = [...retries('a', 100, 200), ...retries('b', 400, 600)]
    const { groups, readable } = await collectText({ ...text, group_by_regex: 'attempt' }, lines)
    expect([readable, [...groups.keys()]]).toEqual([8, ['attempt']])
  })

  it('are a miss without the retries, and decide nothing where there is none', async () => {
    expect(await judgeText([line(0, 'GET / 200')])).toMatchObject({
      observed: "0 groups have 2 gaps or more, of 0 in which 'attempt failed' was logged (at most 0 gaps, 1 lines)",
      met: false,
    })
    expect(await judgeText([])).toMatchObject({ observed: 'the log was empty', met: null })
  })
})

describe('the time of a line', () => {
  const spec = {
    service: 's',
    group_by: 'task',
    from: 'failed',
    to: 'started',
    growth: 1.5,
    min_gaps: 2,
    min_groups: 1,
    share: 1,
  } as const
  const line = (atMs: number, time: string, event: 'failed' | 'started'): LogLine => ({
    atMs: wall(atMs),
    stream: 'stdout',
    text: JSON.stringify({ task: 'a', time, [event]: true }),
  })
  // Docker read them in bursts; the service wrote them 100 and 200 ms apart.
  const lines = [
    line(150, '2026-01-01T00:00:00.000Z', 'failed'),
    line(300, '2026-01-01T00:00:00.100Z', 'started'),
    line(300, '2026-01-01T00:00:01.000Z', 'failed'),
    line(301, '2026-01-01T00:00:01.200Z', 'started'),
  ]

  it('is its own when the clause says where it stands', () => {
    expect(judgeGaps({ ...spec, at: 'time' }, lines).met).toBe(true)
    expect(judgeGaps(spec, lines).met).toBe(false)
  })

  it('may be a number', () => {
    const numbered = (atMs: number, event: 'failed' | 'started'): LogLine => ({
      ...{ atMs: wall(5), stream: 'stdout', text: JSON.stringify({ task: 'a', time: atMs, [event]: true }) },
    })
    const both = [numbered(0, 'failed'), numbered(100, 'started')]
    expect(collectGaps({ ...spec, at: 'time' }, both).groups.get('a')).toEqual([100])
  })

  it.each(['task', 'failed', 'nothing', '[time]'])(
    'is none when what stands there is no time, and its gaps are missing: %s',
    (at) => {
      expect(judgeGaps({ ...spec, at }, lines)).toMatchObject({
        observed: "0 groups have 2 gaps or more, of 0 in which 'failed' was logged (at most 0 gaps, 4 JSON lines)",
        met: false,
      })
    },
  )
})
