/**
 * Mutation testing of what decides verdicts and undoes faults. `npm run mutants` tries all of it (hours on two cores, where
 * it was never run before; what has not changed since the last run is not tried again), writes docs/mutants.md and ends with
 * 1 when a folder is under the wanted share, or a survivor has no reason in build/mutants/survivors. `npm run mutants --
 * --only 'src/engine/**'` tries some, and writes no page.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { readReport } from './report.ts'
import { OUTSIDE, SCOPE, WANTED_PERCENT } from './scope.ts'
import { compareSurvivors, percentOf, renderMutants, scoreByFolder, type Excuse } from './survivors.ts'

const ROOT = join(import.meta.dirname, '../..')
const RESULTS = join(ROOT, 'results/mutants')
const REPORT = join(RESULTS, 'report.json')
/** One file per folder of the sources. */
const EXCUSES = join(import.meta.dirname, 'survivors')
const PAGE = join(ROOT, 'docs/mutants.md')

const excuseList = z.array(
  z.strictObject({
    file: z.string(),
    code: z.string(),
    was: z.string(),
    becomes: z.string(),
    reason: z.string().min(10),
  }),
)

function filesOf(globs: readonly string[]): string[] {
  return [...new Set(globs.flatMap((glob) => globSync(glob, { cwd: ROOT, exclude: [...OUTSIDE] })))].sort()
}

async function readExcuses(): Promise<Excuse[]> {
  const names = globSync('*.json', { cwd: EXCUSES }).toSorted()
  const lists = await Promise.all(
    names.map(async (name) => {
      const parsed = excuseList.safeParse(JSON.parse(await readFile(join(EXCUSES, name), 'utf8')))
      if (!parsed.success) throw new Error(`${join(EXCUSES, name)}: ${z.prettifyError(parsed.error)}`)
      return parsed.data
    }),
  )
  return lists.flat()
}

async function stryker(files: readonly string[], concurrency: string): Promise<number> {
  await mkdir(RESULTS, { recursive: true })
  const config = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutants.config.ts', related: true },
    coverageAnalysis: 'perTest',
    mutate: files,
    incremental: true,
    incrementalFile: join(RESULTS, 'incremental.json'),
    force: values.fresh,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: REPORT },
    // Fields of errors and lines for people are text, and tested as such: no kind of mutant is left out.
    mutator: { excludedMutations: [] },
    concurrency: Number(concurrency),
    // Endless loops are counted by their turns; this is for what waits for ever, and longer than a test of the configuration
    // may. It is waited for in full by each such mutant.
    timeoutMS: 20_000,
    dryRunTimeoutMinutes: 60,
    tempDirName: 'results/mutants/sandbox',
    ignorePatterns: ['dist', 'results', '.git', 'test/guest/root', 'docs'],
    disableTypeChecks: false,
    thresholds: { high: WANTED_PERCENT, low: WANTED_PERCENT, break: null },
  }
  const file = join(RESULTS, 'stryker.config.json')
  await writeFile(file, JSON.stringify(config, null, 2))
  const program = join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const child = spawn(process.execPath, [program, 'run', file], { cwd: ROOT, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === null) reject(new Error(`stryker was ended by ${String(signal)}`))
      else resolve(code)
    })
  })
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    concurrency: { type: 'string', default: '2' },
    /** Try again what was tried before, also where nothing has changed. */
    fresh: { type: 'boolean', default: false },
    /** Judge the last report again, after reasons were written. */
    again: { type: 'boolean', default: false },
  },
})
const inScope = filesOf(SCOPE)
const wanted = values.only === undefined ? inScope : filesOf(values.only).filter((file) => inScope.includes(file))
if (wanted.length === 0) throw new Error(`no file of the scope matches ${String(values.only)}`)
if (!values.again) {
  const code = await stryker(wanted, values.concurrency)
  if (code !== 0) throw new Error(`stryker ended with ${code}`)
}
const mutants = readReport(JSON.parse(await readFile(REPORT, 'utf8')))
const excuses = await readExcuses()
const { unexplained, stale } = compareSurvivors(mutants, excuses)
const scores = scoreByFolder(mutants)
for (const { file, line, code, was, becomes, mutator } of unexplained)
  process.stdout.write(`${file}:${line} survives (${mutator}): ${JSON.stringify({ file, code, was, becomes })}\n`)
for (const { file, code, was, becomes } of stale)
  process.stdout.write(`${file}: this one is noticed, or gone: ${JSON.stringify({ code, was, becomes })}\n`)
for (const score of scores)
  process.stdout.write(`${score.folder}: ${score.noticed} of ${score.all}, ${percentOf(score).toFixed(1)} %\n`)
if (values.only === undefined)
  await writeFile(PAGE, renderMutants(scores, excuses, unexplained.length, new Date().toISOString().slice(0, 10)))
const isGood = scores.every((score) => percentOf(score) >= WANTED_PERCENT) && unexplained.length + stale.length === 0
process.exitCode = isGood ? 0 : 1
