import { describe, expect, it } from 'vitest'
import { disagreements, HEALTHY, NO_INJECT, renderMatrix, type Matrix, type Row } from './defect-table.ts'

const declared = { deaf: { fails: ['A-1'], text: 'Hears | nothing.' } }

function row(first: Row['verdicts'][string]['verdict'], second: Row['verdicts'][string]['verdict']): Row {
  return {
    date: '2026-01-02',
    seconds: 10,
    verdicts: {
      'A-1': { verdict: first, reason: first === 'passed' ? null : 'so it was' },
      'A-2': { verdict: second, reason: null },
    },
  }
}

const good: Matrix = {
  [HEALTHY]: row('passed', 'passed'),
  [NO_INJECT]: row('inconclusive', 'inconclusive'),
  deaf: row('failed', 'passed'),
}

describe('disagreements', () => {
  it('are none when each row is as declared', () => {
    expect(disagreements(good, declared)).toEqual([])
  })

  it('name a red that was not declared, one that is missing, and a row that was never run', () => {
    expect(disagreements({ ...good, deaf: row('passed', 'failed') }, declared)).toEqual([
      'deaf: A-1 was passed, not failed',
      'deaf: A-2 was failed, not passed',
    ])
    expect(disagreements({ [HEALTHY]: row('inconclusive', 'passed') }, declared)).toEqual([
      '(healthy): A-1 was inconclusive, not passed: so it was',
      '(no-inject): was never run',
      'deaf: was never run',
    ])
  })

  it('name a red that is for something else', () => {
    const { 'A-1': first, ...others } = row('failed', 'passed').verdicts
    const deaf = {
      ...row('failed', 'passed'),
      verdicts: { ...others, 'A-1': { ...first, otherwise: 'not for "canary": A-1 …' } },
    }
    expect(disagreements({ ...good, deaf: deaf as Row }, declared)).toEqual(['deaf: A-1 was red not for "canary": A-1 …'])
  })

  it('name a scenario that a defect must turn red and that was not run with it', () => {
    const { 'A-2': other } = row('failed', 'passed').verdicts
    expect(
      disagreements({ ...good, deaf: { ...row('failed', 'passed'), verdicts: { ...(other && { 'A-2': other }) } } }, declared),
    ).toEqual(['deaf: A-1 was never run'])
  })

  it('are none where a fault is declared not to bite', () => {
    const blinding = { deaf: { ...declared.deaf, blinds: ['A-2'] } }
    expect(disagreements({ ...good, deaf: row('failed', 'inconclusive') }, blinding)).toEqual([])
    expect(disagreements(good, blinding)).toEqual(['deaf: A-2 was passed, not inconclusive'])
  })

  it('are none, red or green, where it is the machine that decides', () => {
    const sometimes = { deaf: { ...declared.deaf, may_fail: ['A-2'] } }
    expect(disagreements(good, sometimes)).toEqual([])
    expect(disagreements({ ...good, deaf: row('failed', 'failed') }, sometimes)).toEqual([])
    expect(disagreements({ ...good, deaf: row('failed', 'error') }, sometimes)).toEqual([
      'deaf: A-2 was error, not passed or failed',
    ])
    const both = { deaf: { ...declared.deaf, may_fail: ['A-1'] } }
    expect(disagreements({ ...good, deaf: row('passed', 'passed') }, both)).toEqual(['deaf: A-1 was passed, not failed'])
  })

  it('take a pass without an injection for what it is', () => {
    expect(disagreements({ ...good, [NO_INJECT]: row('passed', 'inconclusive') }, declared)).toHaveLength(1)
  })
})

describe('the table', () => {
  it('has a row per run and a column per scenario, and texts that cannot break it', () => {
    const text = renderMatrix(good, declared)
    expect(text).toContain('| `deaf` | **F** | · | 2026-01-02 |')
    expect(text).toContain('| `deaf` | Hears \\| nothing. | A-1 |  |  |')
    expect(text).toContain('| healthy | · | · | 2026-01-02 |')
    expect(renderMatrix({}, declared)).toContain('No run has been kept yet.')
  })
})
