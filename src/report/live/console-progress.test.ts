import { mono } from '../../core/time/moment.fixture.ts'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../core/run-event.ts'
import { consoleProgress } from './console-progress.ts'
import { HOSTILE, runResult } from '../results.fixture.ts'

const EVENTS: readonly RunEvent[] = [
  { type: 'run-started', runId: '1f2e', plannedMs: 62_000, scenarios: 2, seed: 7, profile: 'quick', stack: 'rbee' },
  { type: 'step-started', step: 'bringing up the stack' },
  { type: 'step-ended', step: 'bringing up the stack', durationMs: 9_100 },
  { type: 'scenario-started', id: 'NF-001', name: 'Partition', index: 1, total: 2, plannedMs: 14_000, leftMs: 28_000 },
  { type: 'phase-started', id: 'NF-001', phase: 'during' },
  { type: 'log', level: 'info', text: 'a detail' },
  { type: 'log', level: 'warn', text: 'the disk is nearly full' },
  { type: 'scenario-ended', id: 'NF-001', verdict: 'failed', summary: 'no answer', durationMs: 13_000, leftMs: 14_000 },
  { type: 'run-ended', verdict: 'failed', durationMs: 65_000 },
]

function capture(isTerminal: boolean, events: readonly RunEvent[]): string {
  let text = ''
  const stream = { columns: 70, write: (part: string) => (text += part) }
  let nowMs = 0
  const reporter = consoleProgress({ stream, isTerminal, nowMs: () => mono((nowMs += 1_000)) })
  for (const event of events) reporter.onEvent?.(event)
  return text
}

test('in CI: one plain line for each thing that happened, no control characters', () => {
  expect(capture(false, EVENTS)).toMatchInlineSnapshot(`
    "run 1f2e: 2 scenarios on rbee, profile quick, seed 7, planned 1 min 2 s
    bringing up the stack …
    bringing up the stack: 9.1 s
    NF-001 Partition (1 of 2, about 14 s, 28 s left in all)
    warn: the disk is nearly full
    NF-001: failed after 13 s: no answer
    run ended: failed after 1 min 5 s
    "
  `)
})

test('on a terminal: one line that is drawn again, with scenario, phase, elapsed and time left', () => {
  const text = capture(true, EVENTS)
  const drawn = text.split('\r\u001b[2K').filter((part) => part !== '' && !part.endsWith('\n'))
  expect(drawn).toContain('NF-001 Partition (1/2) · during · 2 s, about 26 s left')
  expect(drawn.every((part) => part.length < 70)).toBe(true)
  expect(text.endsWith('\r\u001b[2Krun ended: failed after 1 min 5 s\n')).toBe(true)
  expect(text).not.toContain('a detail')
  expect(text).toContain('warn: the disk is nearly full\n')
})

test('on a terminal: of several that run, each with its phase; of the last one its name again; nothing when none does', () => {
  const other: RunEvent = {
    type: 'scenario-started',
    id: 'WC-001',
    name: 'Crash',
    index: 2,
    total: 2,
    plannedMs: 9_000,
    leftMs: 12_000,
  }
  const ended: RunEvent = {
    type: 'scenario-ended',
    id: 'NF-001',
    verdict: 'passed',
    summary: '',
    durationMs: 13_000,
    leftMs: 4_000,
  }
  const drawn = (events: readonly RunEvent[]): string =>
    capture(true, events)
      .split('\r\u001b[2K')
      .filter((part) => !part.endsWith('\n'))
      .at(-1) ?? ''
  expect(drawn([...EVENTS.slice(0, 5), other])).toBe('NF-001 · during | WC-001 · 1 s, about 11 s left')
  expect(drawn([...EVENTS.slice(0, 5), other, ended])).toBe('WC-001 Crash (2/2) · 2 s, about 10 s left')
  expect(capture(true, [...EVENTS.slice(0, 5), ended]).endsWith('passed after 13 s\n')).toBe(true)
})

test('a hostile scenario name cannot move the cursor', () => {
  const text = capture(true, [{ type: 'scenario-started', id: 'X', name: HOSTILE, index: 1, total: 1, plannedMs: 1, leftMs: 1 }])
  expect(text.replaceAll('\r\u001b[2K', '')).not.toMatch(/[\u001b\r\n\u202e]/)
})

test('the timer of the live line does not outlive the run', async () => {
  const reporter = consoleProgress({ stream: { write: () => true }, isTerminal: true })
  reporter.onEvent?.({ type: 'step-started', step: 'waiting' })
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  await reporter.onEnd(runResult([]))
  expect(timers()).toBeLessThanOrEqual(before)
})
