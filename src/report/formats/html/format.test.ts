import { expect, test } from 'vitest'
import type { RunResult } from '../../../core/result/run.ts'
import { elementsOf } from './html.fixture.ts'
import { render } from '../../render.ts'
import { html } from './format.ts'
import {
  ERROR,
  FAILED,
  HOSTILE,
  INCONCLUSIVE,
  LOAD_FAILED,
  loadResult,
  ownSystem,
  runResult,
  scenarioResult,
  SKIPPED,
} from '../../results.fixture.ts'

const passed = scenarioResult('passed')
const mixed = ownSystem(runResult([passed, INCONCLUSIVE, ERROR, SKIPPED, FAILED], { load: [loadResult('passed'), LOAD_FAILED] }))

test.each<[name: string, result: RunResult]>([
  ['failed', mixed],
  ['passed', runResult([passed], { criteria: [] })],
  ['nothing-ran', runResult([], { reasons: ['the stack did not come up: hive is unhealthy'], suites: [], criteria: [] })],
])('%s', async (name, result) => {
  const text = render(html, result)
  elementsOf(text)
  await expect(text.replace(/<style>[^]*<\/style>/, '<style>…</style>')).toMatchFileSnapshot(`golden/${name}.html`)
})

test('the verdict comes first, whose code was judged next, then what failed and why', () => {
  const text = render(html, mixed)
  const order = [
    '<h1>',
    'Judged: registry.example/api:1.4.2',
    '<h2>NF-001',
    '<h2>WC-001',
    '<h2>NF-003',
    '<h2>LT-002',
    '<h2>All scenarios',
    '<h2>Details',
  ]
  const positions = order.map((mark) => text.indexOf(mark))
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(positions[0]).toBeGreaterThan(0)
})

test('the page needs nothing but itself and runs nothing', () => {
  const text = render(html, mixed)
  expect(text).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;">`,
  )
  const elements = elementsOf(text)
  expect(new Set(elements.map((one) => one.name))).not.toContain('script')
  const attributes = new Set(elements.flatMap((one) => [...one.attributes.keys()]))
  for (const name of ['src', 'srcset', 'style', 'action', 'onclick', 'onload']) expect(attributes).not.toContain(name)
  for (const { attributes: own } of elements) expect(own.get('href') ?? '#').toMatch(/^#(?:(?:scenario|load)-\d+)?$/)
  expect(text).not.toMatch(/url\(|@import|https?:/)
})

test('every link leads to details on the page', () => {
  const elements = elementsOf(render(html, mixed))
  const ids = elements.flatMap((one) => one.attributes.get('id') ?? [])
  const links = elements.flatMap((one) => one.attributes.get('href') ?? [])
  expect(links).toHaveLength(7)
  expect([...links, '#images'].toSorted()).toEqual(ids.map((id) => `#${id}`).toSorted())
})

test('degrades in steps and never exceeds its budget', () => {
  const entries = Array.from({ length: 60 }, (_, index) => ({ ...(index % 2 === 0 ? passed : FAILED), id: `X-${index}` }))
  const result = ownSystem(runResult(entries))
  const steps: string[] = []
  for (let maxBytes = Buffer.byteLength(render(html, result)); maxBytes >= 0; maxBytes -= Math.ceil(maxBytes / 15) + 1) {
    const text = render(html, result, { bytes: maxBytes })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
    const step =
      text === ''
        ? 'nothing'
        : text.includes('<details>')
          ? 'details'
          : text.includes('<section')
            ? 'problems'
            : text.includes('<table>')
              ? 'table'
              : 'verdict'
    if (text !== '') expect(text.includes('Shortened to fit')).toBe(step !== 'details')
    if (steps.at(-1) === step) continue
    steps.push(step)
    if (text !== '') elementsOf(text)
  }
  expect(steps).toEqual(['details', 'problems', 'table', 'verdict', 'nothing'])
  expect(render(html, result, { bytes: 6_500 })).toContain('<b class="verdict">failed</b>')
})

test('a thousand scenarios with much to tell stay under two megabytes', () => {
  const events = Array.from({ length: 200 }, () => ({ at: 'now', source: 'api', kind: 'die', detail: 'x'.repeat(100) }))
  const entries = Array.from({ length: 1_000 }, () => ({ ...FAILED, events }))
  const text = render(html, runResult(entries))
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_000_000)
  expect(text).toContain('<h2>All scenarios')
})

test('hostile texts change nothing but their own text', () => {
  const everywhere = (text: string) => ({
    ...{ id: text, name: text, reasons: [text], expectedBehavior: text, repeatCommand: text },
    ...{ series: { file: text }, logs: [{ service: text, file: text }], source: { file: text, line: 1 } },
  })
  const scenario = (text: string): RunResult['scenarios'][number] => ({
    ...FAILED,
    ...everywhere(text),
    ...{ targets: [text], mechanism: text, controlReason: text, control: null },
    effect: { confirmed: true, summary: text, reasons: [], measures: { [text]: text } },
    expectations: [{ phase: 'during', text, expected: text, observed: text, met: false }],
    recovery: { ...FAILED.recovery, reason: text },
    cleanup: { clean: false, leftovers: [text] },
    events: [{ at: text, source: text, kind: text, detail: text }],
  })
  const load = (text: string): RunResult['load'][number] => ({
    ...LOAD_FAILED,
    ...everywhere(text),
    notes: [text],
    errors: { [text]: 1 },
    thresholds: LOAD_FAILED.thresholds.map((limit) => ({ ...limit, text })),
  })
  const whole = (text: string): string => {
    const base = ownSystem(runResult([scenario(text)], { load: [load(text)], reasons: [text] }))
    const images = [{ service: text, image: text, id: text, reference: false }]
    const run = { ...base.run, stack: text, id: text, startedAt: text, address: text, defects: [text], images }
    return render(html, { ...base, run, criteria: [{ text, met: false }], tool: { ...base.tool, version: text } })
  }
  const hostile = whole(HOSTILE)
  const shape = (text: string): unknown => elementsOf(text).map(({ name, attributes }) => [name, [...attributes]])
  expect(shape(hostile)).toEqual(shape(whole('harmless')))
  expect(hostile).not.toMatch(/[\u001b\u202e\0\r]|<img|<!--/)
  expect(hostile.isWellFormed()).toBe(true)
})
