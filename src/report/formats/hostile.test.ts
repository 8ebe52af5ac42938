/** Foreign text is harmless in every medium: proven on what a reader of that medium makes of it, not on how it was escaped. */
import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import { resultOf } from '../../../test/support/hostile-result.ts'
import { HOSTILE_STRINGS, titleOf } from '../../../test/support/hostile-strings.ts'
import { renderMarkdownAsHtml } from '../../../test/support/rendered-markdown.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { consoleProgress } from '../live/console-progress.ts'
import { consoleFormat } from './console/format.ts'
import { consoleText, truncate, visibleText } from '../escape.ts'
import { elementsOf } from './html/html.fixture.ts'
import { html } from './html/format.ts'
import { junit } from './junit/format.ts'
import { markdown } from './markdown/format.ts'
import { render } from '../render.ts'
import { renderResultJson } from '../result-json.ts'
import { runLogLine } from '../live/run-log.ts'
import { elementNames } from './junit/xml.fixture.ts'

const WIDE = { bytes: 10_000_000 }
const CASES = HOSTILE_STRINGS.map((text) => [titleOf(text), text] as const)
const HARMLESS = 'harmless'
/** C0 and C1 controls but the newline, marks that reorder or hide, separators of lines, lone surrogates, noncharacters. */
const CONTROLS = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\p{Noncharacter_Code_Point}]/u

function isEmpty(text: string): boolean {
  return consoleText(text) === ''
}

describe('Markdown', () => {
  const plain = renderMarkdownAsHtml(render(markdown, resultOf(HARMLESS), WIDE))

  test.each(CASES)('%s opens and closes no element', (_title, text) => {
    const { tags, texts } = renderMarkdownAsHtml(render(markdown, resultOf(text), WIDE))
    // An empty code span is none.
    if (!isEmpty(text)) expect(tags).toEqual(plain.tags)
    for (const one of texts) {
      expect(one).not.toMatch(/(?<![\w/])@[\w]|(?<![&\w])#\d|\bGH-\d|\w#\d|:\/\/|\bwww\.|(?<!\w):[a-z0-9_+-]+:/i)
      expect(one.replaceAll('\u200b', '')).not.toMatch(CONTROLS)
    }
  })

  test.each(CASES)('%s is shown as it is', (_title, text) => {
    const { texts } = renderMarkdownAsHtml(render(markdown, { ...resultOf(HARMLESS), reasons: [text] }, WIDE))
    const shown = texts.map((one) => one.replaceAll('\u200b', '').trim())
    expect(shown).toContain(truncate(visibleText(text).replace(/\s+/g, ' ').trim(), 1_000).trim())
  })

  test.each(CASES)('%s is cut within any budget', (_title, text) => {
    const whole = render(markdown, resultOf(text), WIDE)
    for (const maxBytes of [Math.floor(Buffer.byteLength(whole) * 0.6), 2_000, 300]) {
      const cut = render(markdown, resultOf(text), { bytes: maxBytes })
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes)
      renderMarkdownAsHtml(cut)
    }
  })
})

describe('HTML', () => {
  const skeleton = (text: string): string[] =>
    elementsOf(render(html, resultOf(text), WIDE)).map(({ name, attributes }) => `${name} ${[...attributes.keys()].join(' ')}`)
  const plain = skeleton(HARMLESS)

  test.each(CASES)('%s opens and closes no element, and adds no attribute', (_title, text) => {
    if (!isEmpty(text)) expect(skeleton(text)).toEqual(plain)
    const page = render(html, resultOf(text), WIDE)
    expect(page.replaceAll('\t', '')).not.toMatch(CONTROLS)
    for (const { attributes } of elementsOf(page)) expect(attributes.get('href') ?? '#').toMatch(/^#[\w-]*$/)
  })
})

describe('JUnit', () => {
  const plain = elementNames(render(junit, resultOf(HARMLESS)))

  test.each(CASES)('%s opens and closes no element', (_title, text) => {
    expect(elementNames(render(junit, resultOf(text)))).toEqual(plain)
  })
})

describe('the console', () => {
  const harmlessLines = (text: string): void => {
    for (const line of text.split('\n')) {
      expect(line).not.toMatch(CONTROLS)
      expect(line).not.toMatch(/^\s*::/)
      expect(line).not.toContain('##[')
    }
  }

  test.each(CASES)('%s stays on its line, and the line is no command', (_title, text) => {
    const shown = render(consoleFormat, resultOf(text))
    harmlessLines(shown)
    expect(shown.split('\n')).toHaveLength(render(consoleFormat, resultOf(HARMLESS)).split('\n').length)
  })

  test.each(CASES)('%s in an event is one line of progress, and one of run.log', (_title, text) => {
    const events: RunEvent[] = [
      { type: 'run-started', runId: text, plannedMs: 1, scenarios: 1, seed: null, profile: text, stack: text },
      { type: 'step-started', step: text },
      { type: 'step-ended', step: text, durationMs: 1 },
      { type: 'scenario-started', id: text, name: text, index: 1, total: 1, plannedMs: 1, leftMs: 1 },
      { type: 'phase-started', id: text, phase: text },
      { type: 'scenario-ended', id: text, verdict: text, summary: text, durationMs: 1, leftMs: 1 },
      { type: 'load-live', id: text, users: 1, requestsPerSecond: 1, errorRate: 0, p95Ms: 1, errors: 0, leftMs: 1 },
      { type: 'log', level: 'warn', text },
      { type: 'run-ended', verdict: text, durationMs: 1 },
    ]
    for (const event of events) {
      let written = ''
      consoleProgress({ stream: { write: (part) => (written += part) }, isTerminal: false }).onEvent?.(event)
      if (event.type !== 'phase-started') expect(written.match(/\n/g)).toHaveLength(1)
      harmlessLines(written)
      const line = runLogLine(event, wall(0))
      expect(line).toMatch(/^1970-01-01T00:00:00\.000Z /)
      harmlessLines(line)
      expect(line).not.toContain('\n')
    }
  })
})

test.each(CASES)('%s comes back from result.json as it was, and is no property of an object', (_title, text) => {
  const result = resultOf(text)
  const json = renderResultJson(result)
  expect(json).not.toMatch(/[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/)
  const back = JSON.parse(json) as typeof result
  expect(back).toEqual(result)
  expect(Object.getPrototypeOf(back.scenarios[0]?.effect.measures)).toBe(Object.prototype)
})
