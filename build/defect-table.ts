/** From the verdicts that were seen to a table, and to what does not agree with the declarations. Pure. */
import type { Verdict } from '../src/core/model.ts'
import type { Clause } from './found-defect.ts'

export interface Seen {
  readonly verdict: Verdict
  readonly reason: string | null
  /** Red for something else than the clause that the defect must miss: what it was red for. */
  readonly otherwise?: string
}

export interface Row {
  readonly date: string
  readonly seconds: number
  readonly verdicts: Readonly<Record<string, Seen>>
}

/** By defect, in the order of stack.json. */
export type Matrix = Readonly<Record<string, Row>>

export interface Declared {
  readonly fails: readonly string[]
  /** What is missed in each of them. */
  readonly clauses?: Readonly<Record<string, Clause>>
  /** Scenarios that it turns red on some machines and not on others. */
  readonly may_fail?: readonly string[]
  /** Scenarios whose fault cannot bite with it. */
  readonly blinds?: readonly string[]
  readonly text: string
}

/** Rows that are no defects: the stack as it should be, and a rehearsal of it. */
export const HEALTHY = '(healthy)'
export const NO_INJECT = '(no-inject)'

const MARKS: Readonly<Record<Verdict, string>> = {
  passed: '·',
  failed: '**F**',
  inconclusive: '?',
  error: 'E',
  skipped: '–',
}

/** What each row must show for one scenario; either where it is the machine's to decide. */
function expected(name: string, id: string, declared: Readonly<Record<string, Declared>>): readonly Verdict[] {
  if (name === HEALTHY) return ['passed']
  if (name === NO_INJECT) return ['inconclusive']
  if (declared[name]?.blinds?.includes(id) === true) return ['inconclusive']
  if (declared[name]?.fails.includes(id) === true) return ['failed']
  return declared[name]?.may_fail?.includes(id) === true ? ['passed', 'failed'] : ['passed']
}

/** One line for everything that was seen otherwise than declared, or not seen at all; of all rows, or of some. */
export function disagreements(
  matrix: Matrix,
  declared: Readonly<Record<string, Declared>>,
  rows: readonly string[] = [HEALTHY, NO_INJECT, ...Object.keys(declared)],
): string[] {
  return rows.flatMap((name) => {
    const row = matrix[name]
    if (row === undefined) return [`${name}: was never run`]
    const missing = (declared[name]?.fails ?? []).filter((id) => row.verdicts[id] === undefined)
    const never = missing.map((id) => `${name}: ${id} was never run`)
    const wrong = Object.entries(row.verdicts).flatMap(([id, seen]) => {
      const wanted = expected(name, id, declared)
      const why = seen.reason === null ? '' : `: ${seen.reason}`
      if (seen.otherwise !== undefined) return [`${name}: ${id} was red ${seen.otherwise}`]
      return wanted.includes(seen.verdict) ? [] : [`${name}: ${id} was ${seen.verdict}, not ${wanted.join(' or ')}${why}`]
    })
    return [...never, ...wrong]
  })
}

export function renderMatrix(matrix: Matrix, declared: Readonly<Record<string, Declared>>): string {
  const ids = [...new Set(Object.values(matrix).flatMap((row) => Object.keys(row.verdicts)))]
  const header = ['defect', ...ids.map((id) => id.replace('-', '‑')), 'date']
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rows = Object.entries(matrix).map(([name, row]) =>
    line([
      name.startsWith('(') ? name.slice(1, -1) : `\`${name}\``,
      ...ids.map((id) => {
        const seen = row.verdicts[id]
        return seen === undefined ? '' : MARKS[seen.verdict]
      }),
      row.date,
    ]),
  )
  const texts = Object.entries(declared).map(([name, { fails, may_fail: mayFail = [], blinds = [], text }]) =>
    line([`\`${name}\``, text.replaceAll('|', '\\|'), fails.join(', '), mayFail.join(', '), blinds.join(', ')]),
  )
  return [
    '# What each scenario finds',
    '',
    'A scenario is worth something when it turns red for a broken promise. Each defect of the default stack breaks one',
    'promise; each row is one quick run of all scenarios with that defect on. Red counts where the clause is missed that the',
    'defect breaks (`clauses` in stack.json). `npm run matrix` makes this page.',
    '',
    '· passed, **F** failed, ? inconclusive, E error, – skipped',
    '',
    ...(rows.length === 0 ? ['No run has been kept yet.'] : [line(header), line(header.map(() => '---')), ...rows]),
    '',
    '## The defects',
    '',
    line(['defect', 'what is wrong then', 'must be found by', 'may be found by', 'fault cannot bite']),
    line(['---', '---', '---', '---', '---']),
    ...texts,
    '',
  ].join('\n')
}
