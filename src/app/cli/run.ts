import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { MOST_STACKS } from '../../core/descriptor.ts'
import { LOAD_MODELS } from '../../core/load.ts'
import { PROFILES, SUITES } from '../../core/model.ts'
import { collectList, collectOneOf, parseInteger, stderrLogger, watchSignals } from './common.ts'
import { runRequestOf, type AskedRun } from '../run/request.ts'

interface RunFlags extends Omit<AskedRun, 'noInject' | 'noConfirm' | 'defects' | 'thresholds' | 'runId'> {
  keepStack: boolean
  inject: boolean
  confirm: boolean
  defect?: string[]
  threshold?: string[]
}

const EXAMPLE = `
Example:
  chaos-action run --suites chaos --profile quick --out results/today
  chaos-action run --only NF-001,'NF-00[23]' --seed 7
  chaos-action run --suites chaos --under-load LT-001
  chaos-action run --stack deploy/stack.json --scenarios 'deploy/chaos/*.json'`

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('bring up the stack, inject, judge, take down; exit 0 passed, 1 failed, 2 error, 3 inconclusive')
    .option('--suites <names>', `of ${SUITES.join(', ')}; all when left out`, collectOneOf(SUITES))
    .addOption(
      new Option('--profile <name>', 'smoke, quick (fault windows of 6 s) or full (as written)')
        .choices([...PROFILES])
        .default('quick'),
    )
    .option('--only <ids>', 'ids and patterns, such as NF-001 or NF-*', collectList)
    .option('--stack <file>', "stack descriptor; the action's own stack when left out", notEmpty)
    .option('--scenarios <glob...>', "scenario files instead of the descriptor's own")
    .option('--out <dir>', 'where result.json, summary.md, junit.xml, run.log, logs and series go', notEmpty, 'results/latest')
    .option('--seed <n>', 'picks the same targets and moments again', parseInteger(1, 2 ** 31 - 1))
    .option(
      '--stacks <n>',
      'so many of the stack side by side, on which scenarios run at the same time',
      parseInteger(1, MOST_STACKS),
    )
    .option('--keep-stack', 'leave the stack running; `cleanup --run ID` removes it', false)
    .option('--strict', 'a skipped scenario makes the run an error', false)
    .option('--no-inject', 'rehearse everything without injecting: nothing may pass then')
    .option('--no-confirm', 'do not run once more, alone on a fresh stack, what failed where others had run')
    .option('--defect <names...>', 'start the stack with a named defect, to see that it is found', collectList)
    .option('--threshold <limits...>', 'limit of load patterns, such as "http_req_duration p95 < 300 ms"')
    .addOption(
      new Option(
        '--load-model <name>',
        'closed (users wait for answers) or open (requests come at a rate), whatever patterns say',
      ).choices(LOAD_MODELS),
    )
    .option('--under-load <id>', 'a load pattern that holds while the scenarios run, such as LT-001', notEmpty)
    .option('--k6-path <file>', 'a k6 of this machine (1 or 2) instead of its container', notEmpty)
    .addHelpText('after', EXAMPLE)
    .action(runCommand)
}

async function runCommand(flags: RunFlags): Promise<void> {
  const { consoleFormat, consoleProgress, fileReporter, render, runChaos } = await import('./work.ts')
  using signals = watchSignals()
  const outDir = resolve(flags.out)
  const progress = consoleProgress({
    stream: process.stderr,
    isTerminal: process.stderr.isTTY && process.env['CI'] === undefined,
  })
  const reporters = [progress, fileReporter(outDir)]
  const { result, exitCode } = await runChaos(
    runRequestOf({
      ...flags,
      noInject: !flags.inject,
      noConfirm: !flags.confirm,
      defects: flags.defect,
      thresholds: flags.threshold,
    }),
    { reporters, log: stderrLogger(process.env), signal: signals.signal, env: process.env },
  )
  process.stdout.write(render(consoleFormat, result))
  process.stderr.write(`results: ${outDir}\n`)
  process.exitCode = signals.code() === 0 ? exitCode : signals.code()
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('it is empty.')
  return text
}
