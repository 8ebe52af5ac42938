import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readReport } from './report.ts'
import { SCOPE } from './scope.ts'
import { compareSurvivors, percentOf, renderMutants, scoreByFolder, type Mutant } from './survivors.ts'

const SOURCE = 'export function limit(a: number): boolean {\n  return a > 3 &&\n    a < 9\n}\n'

function reported(status: string, at = { start: { line: 2, column: 10 }, end: { line: 3, column: 10 } }): unknown {
  const mutants = [{ id: '1', mutatorName: 'LogicalOperator', replacement: 'a > 3 || a < 9', status, location: at }]
  return {
    schemaVersion: '2',
    thresholds: {},
    files: { 'src/core/limit.ts': { language: 'typescript', source: SOURCE, mutants } },
  }
}

const SURVIVOR: Mutant = {
  file: 'src/core/limit.ts',
  line: 2,
  code: 'return a > 3 &&',
  was: 'a > 3 &&\n    a < 9',
  becomes: 'a > 3 || a < 9',
  mutator: 'LogicalOperator',
  noticed: false,
}

test('a mutant is told with what it changes, over several lines too', () => {
  expect(readReport(reported('Survived'))).toEqual([SURVIVOR])
})

test.each([
  ['Killed', [true]],
  ['Timeout', [true]],
  ['NoCoverage', [false]],
  ['CompileError', []],
  ['RuntimeError', []],
])('%s counts as %j', (status, noticed) => {
  expect(readReport(reported(status)).map((mutant) => mutant.noticed)).toEqual(noticed)
})

test('a report that does not say what became of a mutant is refused', () => {
  expect(() => readReport(reported('Pending'))).toThrow('was not tried')
  expect(() => readReport(reported('Fine'))).toThrow()
})

test('a survivor needs a reason, wherever its line has gone; a reason needs a survivor', () => {
  const { file, code, was, becomes } = SURVIVOR
  const excuse = { file, code, was, becomes, reason: 'both sides are the same here' }
  expect(compareSurvivors([SURVIVOR], [])).toEqual({ unexplained: [SURVIVOR], stale: [] })
  expect(compareSurvivors([{ ...SURVIVOR, line: 40 }], [excuse])).toEqual({ unexplained: [], stale: [] })
  expect(compareSurvivors([{ ...SURVIVOR, noticed: true }], [excuse])).toEqual({ unexplained: [], stale: [excuse] })
  // Of a file that was not tried nothing is known.
  expect(compareSurvivors([], [excuse])).toEqual({ unexplained: [], stale: [] })
})

test('scores are by folder, and never rounded up', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ ...SURVIVOR, noticed: index < 899 }))
  const scores = scoreByFolder([...many, { ...SURVIVOR, file: 'src/engine/run.ts', noticed: true }])
  expect(scores).toEqual([
    { folder: 'src/core', noticed: 899, all: 1_000 },
    { folder: 'src/engine', noticed: 1, all: 1 },
  ])
  expect(scores.map(percentOf)).toEqual([89.9, 100])
  expect(percentOf({ noticed: 8_999, all: 10_000 })).toBe(89.9)
  expect(percentOf({ noticed: 0, all: 0 })).toBe(0)
})

test('the page groups survivors by their reason', () => {
  const { file, code, was, becomes } = SURVIVOR
  const excuses = [
    { file, code, was, becomes, reason: 'both are the same' },
    { file, code: 'log(`x`)', was: '`x`', becomes: '``', reason: 'both are the same' },
  ]
  const page = renderMutants([{ folder: 'src/core', noticed: 9, all: 10 }], excuses, 0, '2026-11-28')
  expect(page).toContain('| `src/core` | 10 | 9 | 90.0 % |\n| all | 10 | 9 | 90.0 % |')
  expect(page.match(/\*\*both are the same\*\*/g)).toHaveLength(1)
  expect(page).toContain('- src/core/limit.ts: `a > 3 && a < 9` → `a > 3 || a < 9` in `return a > 3 &&`')
  expect(page).toContain('`` `x` `` → `` `` `` in `` log(`x`) ``')
  expect(page).not.toContain('more survive')
  expect(renderMutants([], [], 3, '2026-11-28')).toContain('**3 more survive, and nobody has said why**')
})

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts`. */
function alternatives(glob: string): string[] {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/.exec(glob)
  if (braces === null) return [glob]
  const [, before = '', inside = '', after = ''] = braces
  return inside.split(',').flatMap((one) => alternatives(`${before}${one}${after}`))
}

test.each(SCOPE.flatMap(alternatives))('%s of the scope is there: a file that is renamed does not leave it unseen', (glob) => {
  expect(globSync(glob, { cwd: join(import.meta.dirname, '../..') }).length).toBeGreaterThan(0)
})

test('each survivor with a reason is of a file that is there', () => {
  const root = join(import.meta.dirname, '../..')
  const lists = globSync('build/mutants/survivors/*.json', { cwd: root })
  const files = lists.flatMap((list) =>
    (JSON.parse(readFileSync(join(root, list), 'utf8')) as { file: string }[]).map(({ file }) => file),
  )
  expect(files.length).toBeGreaterThan(50)
  expect([...new Set(files)].filter((file) => !existsSync(join(root, file)))).toEqual([])
})
