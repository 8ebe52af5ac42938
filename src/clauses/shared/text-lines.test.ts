import { describe, expect, it } from 'vitest'
import { systemClock } from '../../core/time/clock.ts'
import { later } from '../../core/time/moment.ts'
import { wall } from '../../core/time/moment.fixture.ts'
import type { LogLine } from '../../ports/docker.ts'
import { askLines, textQuery } from './text-lines.ts'

const NOW = { clock: systemClock, signal: new AbortController().signal }

function lines(...texts: string[]): LogLine[] {
  return texts.map((text, index) => ({ atMs: wall(index), stream: 'stdout', text }))
}

it.each<[string, string, (string | undefined)[] | null]>([
  ['retry \\d+', 'will retry 3 of 5', ['retry 3']],
  ['task=(\\w+)(?: on (\\w+))?', '{"msg":"task=a7"}', ['task=a7', 'a7', undefined]],
  ['^retry', 'will retry', null],
])('%s is looked for in: %s', (pattern, line, found) => {
  const matched = textQuery(pattern)(line)
  expect(matched === null ? null : [...matched]).toEqual(found)
})

it('looks at as much of a line as Docker hands out in one piece', () => {
  const query = textQuery('late')
  expect(query(`${'x'.repeat(16_380)}late`)).not.toBeNull()
  expect(query(`${'x'.repeat(16_381)}late`)).toBeNull()
})

describe('the lines of a log', () => {
  it('are asked each once, in order', async () => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `line ${index}`)
    expect(await askLines('log', lines(...texts), ({ text }) => text, NOW)).toEqual(texts)
    expect(await askLines('log', [], () => true, NOW)).toEqual([])
  })

  it('take turns with all else', async () => {
    let turns = 0
    const others = setInterval(() => (turns += 1), 1)
    let atMs = 0
    // Each line takes as long as a turn, by the clock that it is given.
    const clock = { ...systemClock, nowMs: () => later(systemClock.nowMs(), atMs) }
    try {
      await askLines(
        'log',
        lines(...'abcdefghij'.split('')),
        () => {
          atMs += 20
          const endMs = performance.now() + 3
          while (performance.now() < endMs);
        },
        { ...NOW, clock },
      )
    } finally {
      clearInterval(others)
    }
    expect(turns).toBeGreaterThan(2)
  })

  it('end a pattern that would match for years, and say what to do', async () => {
    const query = textQuery('^(a+)+$')
    const asked = askLines('log', lines('short', `${'a'.repeat(100)}!`), ({ text }) => query(text), NOW)
    await expect(asked).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/^log: could not match a line of the log within 2000 ms: begin the regular/) as string,
    })
  })

  it('have a limit all together', async () => {
    let atMs = 0
    const clock = { ...systemClock, nowMs: () => later(systemClock.nowMs(), atMs) }
    const asked = askLines('log', lines('a', 'b', 'c'), () => (atMs += 6_000), { ...NOW, clock })
    await expect(asked).rejects.toThrow(/^log: could not match all 3 lines within 10000 ms/)
  })

  it('are asked no more for who was cancelled, and what else goes wrong is told as it is', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(askLines('log', lines('a'), () => true, { ...NOW, signal })).rejects.toThrow('enough')
    const wrong = (): never => {
      throw new TypeError('wrong')
    }
    await expect(askLines('log', lines('a'), wrong, NOW)).rejects.toThrow(TypeError)
  })
})
