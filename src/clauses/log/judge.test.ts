import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { Observation } from '../../kinds/clause.ts'
import type { ServiceLog } from '../shared/service-log.ts'
import type { LogLine } from '../../ports/docker.ts'
import { countJson, judgeLog as judgeCounted, logText, type Counted } from './judge.ts'
import type { LogSpec } from './spec.ts'

const removed = { service: 'hive', matches: "event == 'removed'" }
const LINE = JSON.stringify({ event: 'removed', worker: 'w1' })
const OTHER = JSON.stringify({ event: 'served' })

function log(...texts: string[]): { lines: LogLine[]; cut: boolean } {
  return { lines: texts.map((text, index) => ({ atMs: wall(index), stream: 'stdout', text })), cut: false }
}

/** By the JSON lines of the log, unless lines of text were counted. */
function judgeLog(spec: LogSpec, logged: ServiceLog, counted: Counted = countJson(spec, logged.lines)): Observation {
  return judgeCounted(spec, logged, counted)
}

describe('judgeLog', () => {
  it('counts the JSON lines for which the condition is true', () => {
    expect(judgeLog({ ...removed, at_least: 2, at_most: 2 }, log(LINE, OTHER, LINE, 'plain', '{broken', '[1]'))).toEqual({
      expected: "at least 2 and at most 2 lines where event == 'removed'",
      observed: '2 of 3 JSON lines',
      met: true,
    })
  })

  it.each<[string, object, string[], boolean | null]>([
    ['too few', { at_least: 2 }, [LINE, OTHER], false],
    ['none where one is needed', { at_least: 1 }, [OTHER], false],
    ['none at all where one is needed', { at_least: 1 }, [], false],
    ['too many', { at_most: 0 }, [LINE, 'plain'], false],
    ['none of what must not be', { at_most: 0 }, [OTHER], true],
    ['an empty log, of what must not be', { at_most: 0 }, [], null],
    ['an empty log, between two bounds', { at_least: 1, at_most: 3 }, [], false],
    ['just as many as may be', { at_most: 1 }, [LINE, OTHER], true],
    ['one more than may be', { at_most: 1 }, [LINE, LINE], false],
    ['just as many as must be', { at_least: 1 }, [LINE], true],
    ['enough, and no more than may be', { at_least: 1, at_most: 2 }, [LINE, LINE], true],
    ['too few between two bounds', { at_least: 2, at_most: 3 }, [LINE, OTHER], false],
    ['too many for two bounds', { at_least: 1, at_most: 2 }, [LINE, LINE, LINE], false],
    ['what must be, beside lines that are no JSON', { at_least: 1 }, ['plain', LINE], true],
    ['a log without JSON, between two bounds', { at_least: 1, at_most: 2 }, ['removed w1'], null],
    ['a log without JSON, of what must be', { at_least: 1 }, ['removed w1'], null],
    ['a log without JSON, of what must not be', { at_most: 0 }, ['removed w1'], null],
  ])('%s', (_what, bounds, texts, met) => {
    expect(judgeLog({ ...removed, ...bounds }, log(...texts)).met).toBe(met)
  })

  it('tells of a log that was empty, or held no JSON', () => {
    expect(judgeLog({ ...removed, at_most: 0 }, log()).observed).toBe('the log was empty')
    expect(judgeLog({ ...removed, at_most: 0 }, log('a', '[2]')).observed).toBe('none of 2 log lines is JSON')
  })

  it('decides by a log that was cut only what the rest of it shows', () => {
    const cut = { ...log(LINE, OTHER), cut: true }
    expect(judgeLog({ ...removed, at_least: 1 }, cut).met).toBe(true)
    expect(judgeLog({ ...removed, at_most: 0 }, cut).met).toBe(false)
    expect(judgeLog({ ...removed, at_least: 2 }, cut).met).toBeNull()
    expect(judgeLog({ ...removed, at_least: 1, at_most: 5 }, cut).met).toBeNull()
    expect(judgeLog({ ...removed, at_most: 1 }, cut)).toMatchObject({
      met: null,
      observed: '1 of 2 JSON lines; the log was longer than what is kept of it',
    })
  })

  it('does not take what is merely truthy, or an error of the expression, for a match', () => {
    expect(judgeLog({ service: 'hive', matches: 'event', at_most: 0 }, log(LINE)).met).toBe(true)
    expect(judgeLog({ service: 'hive', matches: "starts_with(name, 'x')", at_most: 0 }, log(LINE)).met).toBe(true)
  })

  it.each<[string, object, number, number, boolean | null, string]>([
    ['what must be', { at_least: 1 }, 1, 2, true, '1 of 2 lines'],
    ['what must be, and is too rare', { at_least: 2 }, 1, 2, false, '1 of 2 lines'],
    ['what must not be', { at_most: 0 }, 1, 2, false, '1 of 2 lines'],
    ['what must not be, and is not there', { at_most: 0 }, 0, 1, true, '0 of 1 lines'],
    ['what must not be, in an empty log', { at_most: 0 }, 0, 0, null, 'the log was empty'],
  ])('judges counted lines of text: %s', (_what, bounds, count, readable, met, observed) => {
    const lines = log(...Array.from({ length: readable }, () => 'a retry 1'))
    expect(judgeLog({ service: 'hive', line_regex: 'retry', ...bounds }, lines, { count, readable })).toMatchObject({
      met,
      observed,
    })
  })

  it('decides by text of a log that was cut only what the rest of it shows', () => {
    const cut = { ...log('retry 1'), cut: true }
    const spec = { service: 'hive', line_regex: 'retry' }
    expect(judgeLog({ ...spec, at_least: 1 }, cut, { count: 1, readable: 1 }).met).toBe(true)
    expect(judgeLog({ ...spec, at_most: 0 }, cut, { count: 0, readable: 1 }).met).toBeNull()
  })

  it('refuses what is no expression', () => {
    expect(() => judgeLog({ service: 'hive', matches: 'event ==', at_least: 1 }, log(LINE))).toThrow(
      /log: 'matches' is no JMESPath/,
    )
  })

  it('says in one line what it asserts', () => {
    expect(logText({ ...removed, at_least: 1 })).toBe("log of hive: at least 1 line where event == 'removed'")
    expect(logText({ service: 'hive', line_regex: 'retry \\d', at_most: 0 })).toBe('log of hive: at most 0 lines with retry \\d')
    expect(logText({ ...removed, at_most: 2 })).toBe("log of hive: at most 2 lines where event == 'removed'")
    expect(logText({ ...removed, at_least: 2, at_most: 1 })).toMatch(/: at least 2 and at most 1 line where/)
    expect(logText({ ...removed, at_least: 0 })).toMatch(/: at least 0 lines where/)
  })
})
