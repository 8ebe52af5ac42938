import { describe, expect, it } from 'vitest'
import type { ConfirmationResult } from '../../core/result/scenario.ts'
import type { Detail, Extent } from '../../kinds/report-document.ts'
import { ERROR, FAILED, loadResult, LOAD_FAILED, ownSystem, runResult, scenarioResult, SKIPPED } from '../results.fixture.ts'
import { documentOf } from './document.ts'
import { EXTENTS } from './extents.ts'
import { linesOf } from './lines.ts'
import { pageOf } from './page.ts'

const passed = scenarioResult('passed')
const mixed = ownSystem(runResult([passed, SKIPPED, ERROR, FAILED], { load: [loadResult('passed'), LOAD_FAILED] }))
const full: Extent = EXTENTS.full

function texts(details: readonly Detail[]): string[] {
  return details.flatMap(linesOf)
}

describe('a document', () => {
  it('has the worst news first, or its entries as they were run', () => {
    const verdicts = (extent: Extent): string[] => {
      const { scenarios, load } = documentOf(mixed, extent)
      return [...scenarios.entries, ...load.entries].map(({ verdict }) => verdict)
    }
    expect(verdicts(full)).toEqual(['failed', 'error', 'skipped', 'passed', 'failed', 'passed'])
    expect(verdicts(EXTENTS.machine)).toEqual(['passed', 'skipped', 'error', 'failed', 'passed', 'failed'])
  })

  it('holds no more of anything than its extent has room for', () => {
    const many = Array.from({ length: 20 }, (_, index) => String(index))
    const clause = { phase: 'during', text: 'long text', expected: 'long text', observed: 'long text', met: false } as const
    const scenario = scenarioResult('failed', {
      reasons: many.map((one) => `reason ${one}`),
      targets: many,
      expectations: many.map(() => clause),
      effect: {
        confirmed: true,
        summary: 'long text',
        reasons: [],
        measures: Object.fromEntries(many.map((one) => [`m${one}`, 1])),
      },
      events: many.map((detail) => ({ at: 'now', source: 'api', kind: 'die', detail })),
      logs: many.map((service) => ({ service, file: service })),
    })
    const tight: Extent = {
      ...full,
      ...{ reasonsOfRun: 4, reasons: 3, rows: 2, measures: 2, events: 2, logs: 1, leftOut: ['Declared in'], openLogs: 2 },
      ...{ reasonLength: 7, factLength: 5, longFactLength: 12, findingLength: 6, eventsLength: 14, overviewLength: 4 },
    }
    const document = documentOf(runResult([scenario], { reasons: many }), tight)
    expect(document.reasons).toEqual(['0', '1', '2', '3'])
    const [entry] = document.scenarios.entries
    expect(entry?.reasons).toEqual(['reason…', 'reason…', 'reason…'])
    const told = texts(entry?.details ?? [])
    for (const line of ['effect: long…', 'targets: 0, 1, 2, 3,…', 'measures: m0 = 1, m1 …', 'log of 0: 0'])
      expect(told).toContain(line)
    const row = '[missed] during: long…: expected long…, observed long …'
    expect(told.filter((line) => line.startsWith('['))).toEqual([row, row])
    expect(told.filter((line) => line.startsWith('log of'))).toHaveLength(1)
    expect(told.some((line) => line.startsWith('declared in'))).toBe(false)
    expect(entry?.details.at(-1)).toEqual({ kind: 'preformatted', label: '', text: 'now api die 1…' })
    expect(texts(entry?.open ?? []).filter((line) => line.startsWith('log of'))).toEqual(['log of 0: 0', 'log of 1: 1'])
    expect(entry?.row.cells[1]).toBe('Hig…')
  })

  it('tells of a scenario that was run once more, with its files', () => {
    const confirmation: ConfirmationResult = {
      ...{ verdict: 'failed', reasons: ['late', 'lost'], startedAt: 'now', durationMs: 14_200, after: ['X-1'], beside: false },
      ...{ series: { file: 'series/NF-001-again.jsonl' }, logs: [{ service: 'api', file: 'logs/NF-001-again/api.log' }] },
    }
    const told = texts(documentOf(runResult([{ ...FAILED, confirmation }]), full).scenarios.entries[0]?.details ?? [])
    expect(told).toContain('once more: failed, alone on a fresh stack, in 14.2 s; late; lost')
    expect(told).toContain('files of it: series/NF-001-again.jsonl, logs/NF-001-again/api.log')
    const bare = { ...confirmation, series: null, logs: [] }
    const short = texts(documentOf(runResult([{ ...FAILED, confirmation: bare }]), full).scenarios.entries[0]?.details ?? [])
    expect(short.filter((line) => line.startsWith('files of it'))).toEqual([])
    const usual = texts(documentOf(runResult([FAILED]), full).scenarios.entries[0]?.details ?? [])
    expect(usual.filter((line) => line.startsWith('once more'))).toEqual([])
  })

  it('shows what failed answers said, where there is room for details', () => {
    const failedAnswers = [
      { atMs: 1_200, request: 'page', error: 'status 503', body: '{"error":"the\u001b[31m store"}' },
      { atMs: 900, request: null, error: 'no JSON', body: '<html>' },
    ]
    const failed = { ...FAILED, canary: { ...FAILED.canary, failedAnswers } }
    const shown = (extent: Extent): Detail[] =>
      (documentOf(runResult([failed]), extent).scenarios.entries[0]?.details ?? []).filter(
        (detail) => detail.kind === 'preformatted' && detail.label === 'Failed answers',
      )
    const text = '1.2 s page: status 503\n{"error":"the store"}\n\n900 ms: no JSON\n<html>'
    expect(shown(full)).toEqual([{ kind: 'preformatted', label: 'Failed answers', text }])
    expect(shown({ ...full, longFactLength: 10 })).toEqual([
      { kind: 'preformatted', label: 'Failed answers', text: '1.2 s pag…' },
    ])
    expect(shown(EXTENTS.terminal)).toEqual([])
    expect(documentOf(runResult([FAILED]), full).scenarios.entries[0]?.details).not.toContainEqual(
      expect.objectContaining({ label: 'Failed answers' }),
    )
  })

  it('holds visible text on one line, and nothing escaped', () => {
    const { headline, scenarios } = documentOf(runResult([{ ...FAILED, name: 'a\n<b>\u001b[31m & \u202e`c`' }]), full)
    expect(scenarios.entries[0]?.title).toBe('NF-001 a <b> & `c`')
    expect(headline).toMatchObject({ verdict: 'failed', counts: '1 failed' })
  })
})

describe('a page', () => {
  const kinds = (level: 'details' | 'problems' | 'table' | 'verdict'): string =>
    pageOf(documentOf(mixed, full), level)
      .map((block) => (block.kind === 'heading' ? block.text : block.kind))
      .join(', ')

  it('loses its details first, then what is open, then its tables', () => {
    const folds = Array.from({ length: 6 }, () => 'folded').join(', ')
    const open = 'section, section, section'
    const tables = 'All scenarios, table, Load, table'
    expect(kinds('details')).toBe(`headline, ${open}, ${tables}, Details, ${folds}, Criteria, list, folded, footer`)
    expect(kinds('problems')).toBe(`headline, paragraph, ${open}, ${tables}, footer`)
    expect(kinds('table')).toBe(`headline, paragraph, ${tables}, footer`)
    expect(kinds('verdict')).toBe('headline, paragraph, footer')
  })

  it('says how to repeat a problem in the open, and what passed where it is folded', () => {
    const blocks = pageOf(documentOf(mixed, full), 'details')
    const repeats = blocks.flatMap((block) =>
      'blocks' in block && block.blocks.some((one) => one.kind === 'preformatted' && one.label === 'Repeat')
        ? [`${block.kind} ${String(block.verdict)}`]
        : [],
    )
    expect(repeats).toEqual(['section failed', 'section error', 'section failed', 'folded passed', 'folded passed'])
  })
})
