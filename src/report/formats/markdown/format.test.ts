import { expect, test } from 'vitest'
import type { RunResult } from '../../../core/result/run.ts'
import { render } from '../../render.ts'
import { markdown } from './format.ts'
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

const WIDE = { bytes: 1_000_000 }
const passed = scenarioResult('passed')

test.each<[name: string, result: RunResult]>([
  ['passed', runResult([passed])],
  ['failed', ownSystem(runResult([passed, INCONCLUSIVE, ERROR, SKIPPED, FAILED]))],
  ['inconclusive', runResult([passed, INCONCLUSIVE])],
  ['error', runResult([passed, ERROR])],
  ['skipped', runResult([SKIPPED])],
  ['load', runResult([passed], { load: [loadResult('passed'), LOAD_FAILED] })],
  ['nothing-ran', runResult([], { reasons: ['the stack did not come up: hive is unhealthy'], suites: [] })],
])('%s', async (name, result) => {
  await expect(render(markdown, result, WIDE)).toMatchFileSnapshot(`golden/${name}.md`)
})

test('a hundred scenarios in each step of shortening', async () => {
  const eight = [passed, FAILED, passed, passed, ERROR, INCONCLUSIVE, passed, passed] as const
  const hundred = Array.from({ length: 100 }, (_, index) => ({
    ...(eight[index % eight.length] ?? passed),
    id: `X-${String(index + 1).padStart(3, '0')}`,
  }))
  const result = ownSystem(runResult(hundred))
  let maxBytes = Buffer.byteLength(render(markdown, result, WIDE)) - 1
  for (const step of ['problems', 'table', 'verdict']) {
    const text = render(markdown, result, { bytes: maxBytes })
    await expect(text).toMatchFileSnapshot(`golden/hundred-${step}.md`)
    maxBytes = Buffer.byteLength(text) - 1
  }
})

test('the first line has the verdict and whose code was judged', () => {
  const first = (result: RunResult): string => render(markdown, result, WIDE).split('\n')[0] ?? ''
  expect(first(runResult([passed]))).toBe(
    '## ✅ passed — judged: the built-in reference services: this shows the harness, not your system',
  )
  expect(first(ownSystem(runResult([FAILED])))).toBe('## ❌ failed — judged: registry.example/api:1.4.2')
})

test('failures come before errors, both before the rest', () => {
  const text = render(markdown, runResult([passed, INCONCLUSIVE, ERROR, FAILED]), WIDE)
  const positions = ['### ❌ NF-001', '### 💥 WC-001', '### ❔ NF-003', '### All scenarios'].map((heading) =>
    text.indexOf(heading),
  )
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
  expect(positions[0]).toBeGreaterThan(0)
})

test('degrades in steps and never exceeds its budget', () => {
  const result = ownSystem(
    runResult(Array.from({ length: 12 }, (_, index) => ({ ...(index % 2 === 0 ? passed : FAILED), id: `X-${index}` }))),
  )
  const whole = Buffer.byteLength(render(markdown, result, WIDE))
  const steps: string[] = []
  for (let maxBytes = whole; maxBytes >= 0; maxBytes -= 97) {
    const text = render(markdown, result, { bytes: maxBytes })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
    const step = text.includes('<details>')
      ? 'details'
      : text.includes('observed |')
        ? 'problems'
        : text.includes('| id |')
          ? 'table'
          : 'verdict'
    if (steps.at(-1) !== step) steps.push(step)
    if (maxBytes > 100) expect(text).toContain('❌ failed')
  }
  expect(steps).toEqual(['details', 'problems', 'table', 'verdict'])
})

test('a rehearsal and a defect are said before anything else', () => {
  const base = runResult([INCONCLUSIVE])
  const text = render(markdown, { ...base, run: { ...base.run, noInject: true, defects: ['no-retry'] } }, WIDE)
  expect(text).toContain('> **rehearsal: nothing was injected, so nothing can pass**')
  expect(text).toContain('> **the stack ran with the built-in defects no-retry**')
  expect(text.indexOf('rehearsal')).toBeLessThan(text.indexOf('###'))
})

test('hostile names, reasons, observations and events change nothing but their own text', () => {
  const hostile = scenarioResult('failed', {
    id: HOSTILE,
    name: HOSTILE,
    reasons: [HOSTILE],
    targets: [HOSTILE],
    mechanism: HOSTILE,
    expectedBehavior: HOSTILE,
    effect: { confirmed: true, summary: HOSTILE, reasons: [], measures: { [HOSTILE]: HOSTILE } },
    expectations: [{ phase: 'during', text: HOSTILE, expected: HOSTILE, observed: HOSTILE, met: false }],
    events: [{ at: 'now', source: HOSTILE, kind: HOSTILE, detail: HOSTILE }],
    logs: [{ service: HOSTILE, file: HOSTILE }],
    repeatCommand: HOSTILE,
  })
  const plain = render(markdown, ownSystem(runResult([FAILED])), WIDE)
  const base = ownSystem(runResult([hostile]))
  const text = render(markdown, { ...base, reasons: [HOSTILE], run: { ...base.run, stack: HOSTILE, id: HOSTILE } }, WIDE)
  const outsideBlocks = text.replace(/^(`{3,})text\n[^]*?\n\1$/gm, '').replace(/(`{4}).*\1$/gm, '')
  expect(outsideBlocks).not.toMatch(/<!--|<img|@octocat|\u001b|\u202e|https:\/\//)
  // As many tables, folds and headings as a harmless result has: none was opened or closed by the text.
  for (const mark of [/<details>/g, /<\/details>/g, /^\|---/gm]) {
    expect(outsideBlocks.match(mark)?.length).toBe(plain.match(mark)?.length)
  }
  for (const line of outsideBlocks.split('\n').filter((one) => one.startsWith('|'))) {
    const cells = line.split(/(?<!\\)\|/).length
    expect([5, 6, 8]).toContain(cells)
  }
})
