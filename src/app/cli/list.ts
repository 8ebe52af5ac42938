import { resolve } from 'node:path'
import type { Command } from 'commander'
import { SUITES } from '../../core/model.ts'
import { faultWindowMs } from '../../kinds/scenario.ts'
import { ownStackFile } from '../paths.ts'

export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('the scenarios and the defects that a stack knows; needs no Docker')
    .option('--stack <file>', "stack descriptor; the action's own stack when left out")
    .option('--scenarios <glob...>', "scenario files instead of the descriptor's own")
    .option('--json', 'for programs', false)
    .addHelpText('after', '\nExample:\n  chaos-action list --json')
    .action(async (flags: { stack?: string; scenarios?: string[]; json: boolean }) => {
      const { loadPlan } = await import('./work.ts')
      const { descriptor, scenarios, patterns } = loadPlan({
        stackFile: resolve(flags.stack ?? ownStackFile()),
        scenarioGlobs: flags.scenarios ?? [],
        suites: SUITES,
        only: [],
        profile: 'full',
        defects: [],
        underLoad: null,
      })
      const defects = Object.entries(descriptor.defects?.known ?? {}).map(([name, defect]) => ({ name, ...defect }))
      const rows = scenarios.map((scenario) => ({
        id: scenario.id,
        suite: scenario.suite,
        name: scenario.name,
        faults: scenario.faults.map((fault) => fault.kind),
        quickSeconds: faultWindowMs(scenario, 'quick') / 1_000,
        fullSeconds: faultWindowMs(scenario, 'full') / 1_000,
        recoveryOnly: scenario.expect.length === 0,
        file: scenario.source.file,
        line: scenario.source.line,
      }))
      const load = patterns.map(({ id, name, model, onDemand, scales, source }) => ({
        ...{ id, suite: 'load', name, model, onDemand },
        quickSeconds: scales.quick?.durationSeconds ?? null,
        fullSeconds: scales.full?.durationSeconds ?? null,
        ...{ file: source.file, line: source.line },
      }))
      if (flags.json)
        process.stdout.write(`${JSON.stringify({ stack: descriptor.name, scenarios: rows, load, defects }, null, 2)}\n`)
      else process.stdout.write(plainList([...rows, ...load], defects))
    })
}

interface Row {
  readonly id: string
  readonly suite: string
  readonly name: string
  readonly quickSeconds: number | null
  readonly fullSeconds: number | null
  readonly recoveryOnly?: boolean
}

function plainList(rows: readonly Row[], defects: readonly { name: string; fails: readonly string[]; text: string }[]): string {
  const lines = rows.map(
    (row) =>
      `${row.id.padEnd(8)} ${row.suite.padEnd(7)} ${seconds(row.quickSeconds).padStart(6)} ${seconds(row.fullSeconds).padStart(6)}  ${row.name}${row.recoveryOnly === true ? ' (recovery only)' : ''}`,
  )
  const head = 'id       suite    quick   full  name'
  const found = defects.map((defect) => `${defect.name.padEnd(24)} ${defect.fails.join(', ').padEnd(30)} ${defect.text}`)
  const tail = found.length === 0 ? [] : ['', 'defects (run --defect NAME turns these red):', ...found]
  return `${[head, ...lines, ...tail].join('\n')}\n`
}

/** Of a load pattern whose length only its script knows. */
function seconds(value: number | null): string {
  return value === null ? 'all' : `${value} s`
}
