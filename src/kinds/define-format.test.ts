import { describe, expect, it } from 'vitest'
import { defineFormat, type FormatDefinition } from './define-format.ts'
import type { Extent, ReportDocument } from './report-document.ts'

const extent: Extent = {
  ...{ order: 'run', footer: false, leftOut: [], openFacts: [], openLogs: 0, reasonsOfRun: 1, reasons: 1, rows: 1, measures: 1 },
  ...{
    events: 1,
    logs: 1,
    reasonLength: 1,
    factLength: 1,
    longFactLength: 1,
    findingLength: 1,
    eventsLength: 1,
    overviewLength: 1,
  },
}
const none = { heading: '', headings: [], entries: [] }
const empty: ReportDocument = {
  ...{ title: '', startedAt: '', durationMs: 0, caveats: [], reasons: [], scenarios: none, load: none, appendix: [], footer: [] },
  headline: { kind: 'headline', verdict: 'passed', judged: 'us', counts: '', about: [] },
}
const TEXTS = { details: 'x'.repeat(40), problems: '語'.repeat(10), table: 'x'.repeat(20), verdict: 'x'.repeat(10) }

const mute = { name: 'steps', file: null, maxBytes: 40, extent }
const steps: FormatDefinition = {
  ...mute,
  render: (_document, level) => TEXTS[level],
}

describe('a format', () => {
  it.each([
    [undefined, 'details'],
    [{ bytes: 40 }, 'details'],
    [{ bytes: 39 }, 'problems'],
    [{ bytes: 30 }, 'problems'],
    [{ bytes: 29 }, 'table'],
    [{ bytes: 19 }, 'verdict'],
    [{ bytes: 10 }, 'verdict'],
    [{ bytes: 40, characters: 39 }, 'problems'],
    [{ bytes: 40, characters: 10 }, 'problems'],
    [{ bytes: 29, characters: 10 }, 'verdict'],
  ] as const)('within %j has %s', (budget, level) => {
    expect(defineFormat(steps).write(empty, budget)).toBe(TEXTS[level])
  })

  it('without a budget of its own tells everything, whatever is asked for', () => {
    expect(defineFormat({ ...steps, maxBytes: null }).write(empty, { bytes: 1 })).toBe(TEXTS.details)
  })

  it('that cannot tell the verdict within its budget is nothing, or a line that is cut between characters', () => {
    expect(defineFormat(steps).write(empty, { bytes: 9 })).toBe('')
    const cut = defineFormat({ ...steps, lastLine: ({ headline }) => `${headline.judged}語😀` })
    const texts = [9, 8, 7, 6, 5, 4, 3, 2, 0, -5].map((bytes) => cut.write(empty, { bytes }))
    expect(texts).toEqual(['us語😀', 'us語…', 'us…', 'us…', 'us…', 'u…', '…', '', '', ''])
    expect(cut.write(empty, { bytes: 100, characters: 4 })).toBe('u…')
  })
})

it('a format without a name, a budget or a way to render is none', () => {
  const { name: _name, ...nameless } = steps
  const { maxBytes: _maxBytes, ...boundless } = steps
  // @ts-expect-error Nobody could ask for it.
  expect(defineFormat(nameless).name).toBeUndefined()
  // @ts-expect-error That nothing is to be shortened is said, and not forgotten.
  defineFormat(boundless)
  // @ts-expect-error There is nothing to write.
  expect(() => defineFormat(mute).write(empty)).toThrow(TypeError)
})
