/**
 * The matrix defect × scenario, as it was seen: every defect of the default stack is started with, every scenario is run,
 * and the verdicts are written to docs/defects.json and, as a table, to docs/defects.md. Takes a full quick run per
 * defect: `npm run matrix -- --defects no-backoff,ignores-vram --suites chaos` runs some and keeps what is known of the others;
 * `--render` only writes the table anew; `--check` compares the kept verdicts with what stack.json declares.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { SUITES } from '../src/core/model.ts'
import type { RunResult } from '../src/core/result/run.ts'
import {
  disagreements,
  HEALTHY,
  NO_INJECT,
  renderMatrix,
  type Declared,
  type Matrix,
  type Row,
  type Seen,
} from './defect-table.ts'
import { whyNotFound } from './found-defect.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const KEPT = join(ROOT, 'docs/defects.json')
const TABLE = join(ROOT, 'docs/defects.md')
const RUN_LIMIT_MS = 20 * 60_000

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'))
}

async function readKept(): Promise<Matrix> {
  try {
    return (await readJson(KEPT)) as Matrix
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

/** One quick run of the suites. The exit code says the verdict; only a missing result is an error here. */
async function runRow(name: string, suites: string, clauses: NonNullable<Declared['clauses']>): Promise<Row> {
  const outDir = await mkdtemp(join(tmpdir(), 'chaos-matrix-'))
  const flags = name === HEALTHY ? [] : name === NO_INJECT ? ['--no-inject'] : ['--defect', name]
  const usual = ['--suites', suites, '--profile', 'quick', '--no-confirm', '--out', outDir]
  const argv = [join(ROOT, 'dist/cli/index.js'), 'run', ...usual, ...flags]
  try {
    await new Promise<void>((resolve) => {
      execFile(process.execPath, argv, { timeout: RUN_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 }, () => {
        resolve()
      })
    })
    const result = (await readJson(join(outDir, 'result.json'))) as RunResult
    const { scenarios, load, run } = result
    const verdicts = [...scenarios, ...load].map(({ id, verdict, reasons }): [string, Seen] => {
      const clause = clauses[id]
      const otherwise = verdict === 'failed' && clause !== undefined ? whyNotFound(result, id, clause) : null
      return [id, { verdict, reason: reasons[0] ?? null, ...(otherwise === null ? {} : { otherwise }) }]
    })
    return {
      date: run.startedAt.slice(0, 10),
      seconds: Math.round(run.durationMs / 1_000),
      verdicts: Object.fromEntries(verdicts),
    }
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

/** A load takes longer than all scenarios together: it is run for what it must find. */
function usualSuites(fails: readonly string[]): string {
  return SUITES.filter((suite) => suite !== 'load' || fails.some((id) => id.startsWith('LT-'))).join(',')
}

/** @throws for what is no shard. */
function shardOf(names: readonly string[], shard: string | undefined): readonly string[] {
  if (shard === undefined) return names
  const [, index, count] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(shard) ?? []
  if (index === undefined || Number(index) > Number(count)) throw new Error(`--shard takes the like of 2/4, not ${shard}`)
  const own = names.filter((_name, at) => at % Number(count) === Number(index) - 1)
  if (own.length === 0) throw new Error(`--shard ${shard} has no row: there are ${names.length}`)
  return own
}

const { values } = parseArgs({
  options: {
    defects: { type: 'string' },
    suites: { type: 'string' },
    /** `2/4`: every fourth row, from the second on. Only what it ran is compared then. */
    shard: { type: 'string' },
    render: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const stack = (await readJson(join(ROOT, 'stack/stack.json'))) as { defects: { known: Record<string, Declared> } }
const declared = stack.defects.known
const known = [HEALTHY, NO_INJECT, ...Object.keys(declared)]
const wanted = shardOf(values.defects?.split(',') ?? known, values.shard)
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) throw new Error(`there is no defect ${unknown.join(', ')}; known: ${known.join(', ')}`)

let kept = await readKept()
if (!values.render && !values.check) {
  for (const name of wanted) {
    const { fails = [], clauses = {} } = declared[name] ?? {}
    const seen = await runRow(name, values.suites ?? usualSuites(fails), clauses)
    // What was not run this time is kept as it was seen.
    const row = { ...seen, verdicts: { ...kept[name]?.verdicts, ...seen.verdicts } }
    kept = Object.fromEntries(
      known.flatMap((each) => {
        const found = each === name ? row : kept[each]
        return found === undefined ? [] : [[each, found]]
      }),
    )
    await writeFile(KEPT, `${JSON.stringify(kept, null, 2)}\n`)
    const red = Object.entries(seen.verdicts).flatMap(([id, { verdict }]) => (verdict === 'passed' ? [] : [`${id} ${verdict}`]))
    process.stdout.write(`${name}: ${seen.seconds} s; ${red.join(', ') || 'all passed'}\n`)
  }
}
const table = renderMatrix(kept, declared)
if (!values.check) await writeFile(TABLE, table)
const wrong = disagreements(kept, declared, values.shard === undefined ? undefined : wanted)
for (const line of wrong) process.stdout.write(`${line}\n`)
process.exitCode = wrong.length === 0 ? 0 : 1
