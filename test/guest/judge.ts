/**
 * Reads the folder that the guest handed back, prints a table of its scenarios, and ends with 1 when anything is missing.
 * Usage: node test/guest/judge.ts FOLDER
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseResult } from '../../src/files/result/parse.ts'
import { loadScenarios } from '../../src/files/scenarios/files.ts'
import type { RunResult } from '../../src/core/result/run.ts'
import { FAULTS } from '../../src/faults/registry.ts'
import { judgeGuest, type Row } from './verdict.ts'

const SCENARIOS = fileURLToPath(new URL('stack/faults.json', import.meta.url))

/** null when there is no such file. */
async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function linesOf(text: string | null): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '')
}

/** Lines of a name and a value. */
function pairs(text: string | null): [string, string][] {
  return linesOf(text).map((line) => {
    const [name = '', ...value] = line.split(' ')
    return [name, value.join(' ')]
  })
}

async function resultIn(folder: string, run: string): Promise<RunResult | null> {
  const file = join(folder, run, 'result.json')
  const text = await read(file)
  return text === null ? null : parseResult(text, file)
}

function table(rows: readonly Row[]): string[] {
  const yes = (value: boolean): string => (value ? 'yes' : 'NO')
  const cells = rows.map((row) => [
    row.id,
    row.kinds,
    yes(row.effect),
    yes(row.reverted),
    yes(row.clean),
    row.verdict,
    row.mechanism,
  ])
  const all = [['id', 'fault', 'effect', 'reverted', 'clean', 'verdict', 'mechanism'], ...cells]
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  return all.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
}

async function main(): Promise<void> {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('usage: node test/guest/judge.ts FOLDER')
  const machine = new Map(pairs(await read(join(folder, 'machine'))))
  const ended = new Map(pairs(await read(join(folder, 'ended'))).map(([name, code]) => [name, Number(code)]))
  const leftovers = linesOf(await read(join(folder, 'leftovers.out')))
  const control = linesOf(await read(join(folder, 'leftovers-control.out')))
  const [result, netem] = await Promise.all([resultIn(folder, 'run'), resultIn(folder, 'run-netem')])
  const report = { machine, ended, leftovers, control, result, netem }
  const { rows, problems } = judgeGuest(report, {
    scenarios: loadScenarios([SCENARIOS]).scenarios,
    kinds: [...FAULTS.keys()],
  })
  const about = [...machine].map(([name, value]) => `${name} ${value}`).join(', ')
  const end = problems.length === 0 ? ['every fault bit, was undone and left nothing'] : problems.map((one) => `missing: ${one}`)
  process.stdout.write(`${[about, '', ...table(rows), '', ...end].join('\n')}\n`)
  process.exitCode = problems.length === 0 ? 0 : 1
}

await main()
