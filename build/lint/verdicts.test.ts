import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import parser from '@typescript-eslint/parser'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'
import { VERDICT_RULE, verdictWall } from './verdicts.ts'

const repository = join(import.meta.dirname, '../..')
const fixtures = join(repository, 'test/fixtures/walls')

const eslint = new ESLint({
  cwd: fixtures,
  overrideConfigFile: true,
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parser } }, ...verdictWall()],
})

async function found(file: string, text: string): Promise<(string | null)[]> {
  const results = await eslint.lintText(text, { filePath: join(fixtures, file) })
  return results.flatMap(({ messages }) => messages.map(({ ruleId, fatal }) => (fatal === true ? 'no code' : ruleId)))
}

test('src/app/bad-verdict.ts decides, and is found', async () => {
  const [result] = await eslint.lintFiles(['src/app/bad-verdict.ts'])
  expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual([VERDICT_RULE])
})

test.each([
  "export const x = { verdict: 'error' }",
  "export const x = { 'verdict': 'error' }",
  "export const f = (bad: boolean) => ({ verdict: bad ? 'failed' : other })",
  'export const f = (from: X) => ({ ...from, verdict: from.verdict ?? "error" })',
  "export const verdict = 'passed'",
  "let verdict: Verdict\nverdict = 'skipped'",
  "result.verdict = 'failed'",
  "export function f(bad: boolean): RunVerdict {\n  return bad ? 'error' : other\n}",
  "export function f(): RunResult['verdict'] {\n  return 'inconclusive'\n}",
  "export const f = (): Pick<LoadResult, 'verdict' | 'reasons'> => make('passed')",
  "export function f(): Promise<readonly Verdict[]> {\n  return later(['passed'])\n}",
  "setVerdict('error')",
  "set('verdict', 'error')",
  "export const x = 'failed' as RunVerdict",
  "export const x = 'failed' satisfies Verdict",
  "export function f(verdict = 'error') {}",
  "export function f(verdict: 'error') {}",
  "class A {\n  private verdict: Verdict = 'passed'\n}",
])('a verdict is not written down: %s', async (text) => {
  expect(await found('src/load/probe.ts', `${text}\n`)).toEqual([VERDICT_RULE])
})

test.each([
  "export const isRed = (result: X) => result.verdict === 'failed' || result.verdict === 'error'",
  'export const f = (facts: X) => ({ ...decideLoad(facts), reasons: [] })',
  'export const x = { verdict: decideRun(counts, strict), reasons }',
  "export const f = (all: RunVerdict[]): RunVerdict[] => (all.includes('error') ? all.filter((one) => one !== 'error') : [])",
  "export const ORDER: readonly Verdict[] = ['failed', 'error']",
  "stream.on('error', () => undefined)",
  "export const x = { state: 'failed', means: 'skipped' }",
  "export type X = { verdict: 'passed' }",
  "export const x = { verdict: 'Shortened to fit: everything else is in result.json.' }",
  "export function text(verdict: Verdict): string {\n  return verdict === 'passed' ? 'green' : 'red'\n}",
])('a verdict is read, and other things have their names: %s', async (text) => {
  expect(await found('src/load/probe.ts', `${text}\n`)).toEqual([])
})

test.each(['src/core/verdict.ts', 'src/core/result/run.ts', 'src/load/probe.test.ts', 'src/report/results.fixture.ts'])(
  'one is written down in %s',
  async (file) => {
    expect(await found(file, "export const x = { verdict: 'error' }\n")).toEqual([])
  },
)

test('the real configuration carries the rule in every folder of src', async () => {
  const lint = new ESLint({ cwd: repository })
  const folders = readdirSync(join(repository, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.length).toBeGreaterThan(10)
  for (const { name: folder } of folders) {
    const config = (await lint.calculateConfigForFile(join(repository, `src/${folder}/some.ts`))) as {
      rules: Record<string, unknown>
    }
    expect(config.rules[VERDICT_RULE]).toEqual([2])
  }
})
