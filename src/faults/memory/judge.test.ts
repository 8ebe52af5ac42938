import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../../ports/docker.ts'
import { judgeHold, judgeOom, type MemorySeen, type OomSeen } from './judge.ts'

const ID = 'a'.repeat(64)
const LIMIT = 96 * 1_048_576

function reading(percent: number): { usageBytes: number; limitBytes: number } {
  return { usageBytes: (LIMIT * percent) / 100, limitBytes: LIMIT }
}

function event(action: string, atMs: number, attributes: Record<string, string> = {}, containerId = ID): ContainerEvent {
  return { atMs: wall(atMs), action, containerId, service: 'hand', attributes }
}

const HELD: MemorySeen = {
  containerId: ID,
  percent: 95,
  baseline: reading(41),
  begun: { wallMs: wall(10_000), pid: 4_000 },
  problem: null,
  readings: [reading(95.2), reading(94.1), reading(96)],
}
const OOM = event('oom', 11_520)
const DIE = event('die', 11_540, { exitCode: '137' })
const KILLED: OomSeen = {
  ...HELD,
  pushedWallMs: wall(11_500),
  writersKilled: 0,
  events: [OOM, DIE, event('start', 11_900)],
  now: { status: 'running', pid: 4_100 },
}

test('memory that is held', () => {
  expect(judgeHold(HELD)).toEqual({
    headline: '95.2 % of 96 MiB in use',
    measures: { baselinePercent: 41, heldPercent: 95.2, limitBytes: LIMIT, lowestPercent: 94.1, readings: 3 },
    reasons: [],
  })
})

const BEFORE_PUSH = '95 % before it was driven on'

test.each<[string, Partial<MemorySeen>]>([
  ['three points below, all the time', { readings: [reading(92), reading(92)] }],
  ['a lot in use before, but not so much', { baseline: reading(91.9) }],
])('memory that is held: %s', (_name, change) => {
  expect(judgeHold({ ...HELD, ...change }).reasons).toEqual([])
})

describe('memory that was not held is not confirmed', () => {
  test.each<[string, Partial<MemorySeen>, string[]]>([
    ['just too little', { readings: [reading(91.9)] }, ['91.9 % were in use instead of 95 %']],
    ['nobody read it back', { readings: [] }, ['the memory in use was not read back']],
    ['it was in use before', { baseline: reading(92) }, ['92 % were in use before the fault already']],
    ['nobody read it before', { baseline: null }, ['the memory in use was not read before the fault']],
    ['it did not last', { readings: [reading(95), reading(91.9), reading(96)] }, ['it fell to 91.9 % while it was to be held']],
    ['the filler failed', { problem: 'no space left' }, ['no space left']],
    [
      'all of that',
      { baseline: null, problem: 'no space left', readings: [] },
      ['the memory in use was not read before the fault', 'no space left', 'the memory in use was not read back'],
    ],
  ])('%s', (_name, change, reasons) => {
    expect(judgeHold({ ...HELD, ...change }).reasons).toEqual(reasons)
  })

  test('what was not read is not made up', () => {
    const { headline, measures } = judgeHold({ ...HELD, readings: [] })
    expect(headline).toBe('memory not read')
    const unread = { heldPercent: null, lowestPercent: null, readings: 0 }
    expect(measures).toEqual({ baselinePercent: 41, limitBytes: LIMIT, ...unread })
    const blind = judgeHold({ ...HELD, baseline: null, readings: [] }).measures
    expect(blind).toEqual({ baselinePercent: null, limitBytes: null, ...unread })
  })
})

describe('memory that was not touched', () => {
  test.each<[string, Partial<OomSeen>, string, number | null]>([
    ['nothing was injected', { begun: null }, 'no memory was used up', 41],
    ['the process was gone', { begun: null, problem: 'process 4000 is gone' }, 'process 4000 is gone', 41],
    ['and nobody looked before', { begun: null, baseline: null }, 'no memory was used up', null],
  ])('%s', (_name, change, why, baselinePercent) => {
    const nothing = { headline: `untouched (${why})`, measures: { baselinePercent }, reasons: [why] }
    expect(judgeHold({ ...HELD, ...change })).toEqual(nothing)
    expect(judgeOom({ ...KILLED, ...change })).toEqual(nothing)
  })
})

test('an oom before anybody read how much was held', () => {
  expect(judgeOom({ ...KILLED, readings: [] }).headline).toBe('killed by the kernel 40 ms after it was driven on')
})

test('an oom with the death of the main process', () => {
  expect(judgeOom(KILLED)).toEqual({
    headline: 'held at 95.2 %, then killed by the kernel 40 ms after it was driven on',
    measures: {
      baselinePercent: 41,
      heldPercent: 95.2,
      limitBytes: LIMIT,
      oomEvent: true,
      exitCode: 137,
      pushToDieMs: 40,
      writersKilled: 0,
      pidBefore: 4_000,
      pidAfter: 4_100,
    },
    reasons: [],
  })
})

test.each<[string, Partial<OomSeen>, string]>([
  ['that killed writers on the way', { writersKilled: 3 }, 'held at 95.2 %, then killed by the kernel 40 ms after'],
  [
    'that came while it was being filled',
    { pushedWallMs: null, readings: [] },
    'killed by the kernel 1540 ms after the filling began',
  ],
  ['without a stop on the way', { percent: 100, readings: [] }, 'killed by the kernel 40 ms after it was driven on'],
  ['from just enough', { readings: [reading(92)] }, 'held at 92 %, then killed by the kernel 40 ms after it was driven on'],
  [
    'of a container that is not back yet',
    { now: { status: 'restarting', pid: 0 } },
    'held at 95.2 %, then killed by the kernel 40 ms after it was driven on',
  ],
  ['of one that is gone', { now: null }, 'held at 95.2 %, then killed by the kernel 40 ms after it was driven on'],
  [
    'whose events came in the other order',
    { events: [event('die', 11_540.4, { exitCode: '137' }), event('oom', 11_560)] },
    'held at 95.2 %, then killed by the kernel 40 ms after it was driven on',
  ],
])('an oom %s', (_name, change, headline) => {
  const judged = judgeOom({ ...KILLED, ...change })
  expect(judged.reasons).toEqual([])
  expect(judged.headline).toContain(headline)
})

describe('an oom that was none is not confirmed', () => {
  const noOom = 'Docker told of no oom in this container'
  const exited = (exitCode: string): ContainerEvent => event('die', 11_540, { exitCode })

  test.each<[string, Partial<OomSeen>, string[]]>([
    [
      'only the writer was killed',
      { events: [OOM], writersKilled: 1 },
      ['Docker told of no death: the oom killed something else than its main process'],
    ],
    ['nothing happened', { events: [] }, [noOom, 'Docker told of no death']],
    ['a death without an oom, whatever its exit code', { events: [DIE] }, [noOom]],
    ['the oom of another container', { events: [event('oom', 11_520, {}, 'b'.repeat(64)), DIE] }, [noOom]],
    ['an oom of before', { events: [event('oom', 9_999), DIE] }, [noOom]],
    ['another exit code', { events: [OOM, exited('1')] }, ['it died with exit code 1, and the kernel kills with SIGKILL']],
    [
      'no exit code',
      { events: [OOM, event('die', 11_540)] },
      ['it died with exit code unknown, and the kernel kills with SIGKILL'],
    ],
    ['the same main process', { now: { status: 'running', pid: 4_000 } }, ['its main process is still 4000 (running)']],
    ['not held before', { readings: [reading(91.9)] }, [`91.9 % were in use instead of ${BEFORE_PUSH}`]],
    ['not read before', { readings: [] }, ['that 95 % were in use before it was driven on was not read back']],
    ['the filler failed', { problem: 'the helper is gone' }, ['the helper is gone']],
  ])('%s', (_name, change, reasons) => {
    expect(judgeOom({ ...KILLED, ...change }).reasons).toEqual(reasons)
  })

  test.each<[string, Partial<OomSeen>, object]>([
    ['a death without an oom', { events: [DIE] }, { oomEvent: false, exitCode: 137, pushToDieMs: 40 }],
    [
      'an oom without a death',
      { events: [OOM], now: null },
      { oomEvent: true, exitCode: null, pushToDieMs: null, pidAfter: null },
    ],
    [
      'a filling that broke off before it was driven on',
      { events: [], pushedWallMs: null, problem: 'the helper is gone' },
      { oomEvent: false, pushToDieMs: null },
    ],
  ])('%s is told as what it is', (_name, change, measures) => {
    const judged = judgeOom({ ...KILLED, ...change })
    const driven = change.pushedWallMs === null ? 'not driven on' : 'driven on'
    expect(judged.headline).toBe(`held at 95.2 %, then ${driven}, and the kernel did not kill its main process`)
    expect(judged.measures).toMatchObject(measures)
  })
})
