import { join } from 'node:path'
import type { Command } from 'commander'
import { parseInteger, stderrLogger, watchSignals } from './common.ts'
import { addPatternOptions, requestOf, type PatternFlags } from './patterns.ts'

interface Flags extends PatternFlags {
  name: string
  runners: number
  claim: string
  secret?: string
  runnerImage?: string
}

const MOST_RUNNERS = 1_000

const EXAMPLE = `
Example:
  chaos-action testrun --url http://queen.rbee:8080 --only LT-001 --profile full --variable LLORCH_API_TOKEN \\
    --name lt-001 --runners 4 --claim k6-results --secret rbee-token --out results/lt-001
  kubectl apply -f results/lt-001/testrun.json
  # when all runners have ended: copy /results of the claim to results/lt-001/runners
  chaos-action merge results/lt-001`

export function addTestRunCommand(program: Command): void {
  const command = program
    .command('testrun')
    .description('write a TestRun for k6-operator, and what `merge` needs to judge its runners; nothing is sent')
  addPatternOptions(command)
  command
    .requiredOption('--name <name>', 'of the TestRun and its ConfigMap')
    .requiredOption('--runners <n>', 'how many share the users', parseInteger(1, MOST_RUNNERS))
    .requiredOption('--claim <name>', 'PersistentVolumeClaim that all of them can write to (ReadWriteMany)')
    .option('--secret <name>', 'Secret with what --variable names; no value of theirs is written')
    .option('--runner-image <image>', "k6 for the runners; Grafana's own of the version used here when left out")
    .addHelpText('after', EXAMPLE)
    .action(async (flags: Flags) => {
      const { RUNNERS_FOLDER, TESTRUN_FILE, writeTestRun } = await import('./work.ts')
      using signals = watchSignals()
      const { name, runners, claim } = flags
      const request = await requestOf('testrun', flags)
      try {
        await writeTestRun(
          request,
          { name, runners, claim, secret: flags.secret ?? null, image: flags.runnerImage ?? null },
          { reporters: [], log: stderrLogger(process.env), signal: signals.signal, env: process.env },
        )
        const own = join(request.outDir, RUNNERS_FOLDER)
        process.stdout.write(`${join(request.outDir, TESTRUN_FILE)}\n`)
        process.stderr.write(`apply it, copy what its runners wrote to ${own}, then: chaos-action merge ${request.outDir}\n`)
      } finally {
        if (signals.code() !== 0) process.exitCode = signals.code()
      }
    })
}
