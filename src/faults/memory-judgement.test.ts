import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../core/ports.ts'
import { judgeHold, judgeOom } from './memory-judgement.ts'
import type { MemorySeen, OomSeen } from './memory-judgement.ts'

const ID = 'a'.repeat(64)
const LIMIT = 96 * 1_048_576

function reading(percent: number): { usageBytes: number; limitBytes: number } {
  return { usageBytes: (LIMIT * percent) / 100, limitBytes: LIMIT }
}

function event(action: string, atMs: number, attributes: Record<string, string> = {}, containerId = ID): ContainerEvent {
  return { atMs, action, containerId, service: 'hand', attributes }
}

const HELD: MemorySeen = {
  containerId: ID,
  percent: 95,
  baseline: reading(41),
  begun: { wallMs: 10_000, pid: 4_000 },
  problem: null,
  readings: [reading(95.2), reading(94.1), reading(96)],
}
const OOM = event('oom', 11_520)
const DIE = event('die', 11_540, { exitCode: '137' })
const KILLED: OomSeen = {
  ...HELD,
  pushedWallMs: 11_500,
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

describe('memory that was not held is not confirmed', () => {
  test.each<[string, Partial<MemorySeen>, RegExp]>([
    ['nothing was injected', { begun: null }, /^no memory was used up$/],
    ['the process was gone', { begun: null, problem: 'process 4000 is gone' }, /^process 4000 is gone$/],
    ['too little', { readings: [reading(80)] }, /80 % were in use instead of 95 %/],
    ['nobody read it back', { readings: [] }, /not read back/],
    ['it was in use before', { baseline: reading(96) }, /96 % were in use before the fault already/],
    ['nobody read it before', { baseline: null }, /not read before/],
    ['it did not last', { readings: [reading(95), reading(60)] }, /fell to 60 %/],
    ['the filler failed', { problem: 'no space left' }, /no space left/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeHold({ ...HELD, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
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

test.each<[string, Partial<OomSeen>]>([
  ['that killed writers on the way', { writersKilled: 3 }],
  ['that came while it was being filled', { pushedWallMs: null, readings: [] }],
  ['without a stop on the way', { percent: 100, readings: [] }],
  ['of a container that is not back yet', { now: { status: 'restarting', pid: 0 } }],
  ['whose events came in the other order', { events: [event('die', 11_540, { exitCode: '137' }), event('oom', 11_560)] }],
])('an oom %s', (_name, change) => {
  expect(judgeOom({ ...KILLED, ...change }).reasons).toEqual([])
})

describe('an oom that was none is not confirmed', () => {
  test.each<[string, Partial<OomSeen>, RegExp]>([
    ['nothing was injected', { begun: null }, /^no memory was used up$/],
    ['only the writer was killed', { events: [OOM], writersKilled: 1 }, /the oom killed something else than its main process/],
    ['a death without an oom', { events: [DIE] }, /no oom in this container/],
    ['the oom of another container', { events: [event('oom', 11_520, {}, 'b'.repeat(64)), DIE] }, /no oom in this container/],
    ['an oom of before', { events: [event('oom', 9_000), DIE] }, /no oom in this container/],
    ['another exit code', { events: [OOM, event('die', 11_540, { exitCode: '1' })] }, /exit code 1, and the kernel kills/],
    ['the same main process', { now: { status: 'running', pid: 4_000 } }, /main process is still 4000/],
    ['not held before', { readings: [reading(50)] }, /50 % were in use instead of 95 % before/],
    ['not read before', { readings: [] }, /was not read back/],
    ['the filler failed', { problem: 'the helper is gone' }, /the helper is gone/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeOom({ ...KILLED, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })

  test('that Docker’s flag and the exit code agree is not enough', () => {
    expect(judgeOom({ ...KILLED, events: [DIE] }).reasons).not.toEqual([])
  })
})
