/** The command line: parse, wire, run, map the verdict to an exit code. Nothing but results goes to stdout. */
import { Command, CommanderError } from 'commander'
import { describeError, isChaosError } from '../core/errors.ts'
import { addCleanupCommand } from './cli-cleanup.ts'
import { addImagesCommand } from './cli-images.ts'
import { addListCommand } from './cli-list.ts'
import { addLoadCommand } from './cli-load.ts'
import { addMergeCommand } from './cli-merge.ts'
import { addReportCommand } from './cli-report.ts'
import { addRunCommand } from './cli-run.ts'
import { addTestRunCommand } from './cli-testrun.ts'
import { addValidateCommand } from './cli-validate.ts'
import { TOOL_VERSION } from './version.ts'

const USAGE_EXIT_CODE = 2
const LEAST_NODE = 24

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('chaos-action')
    .description(
      'Breaks a docker-compose stack on purpose, judges what it saw, and says passed only when the fault was proven to bite.',
    )
    .version(TOOL_VERSION)
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', '\nExit codes: 0 passed, 1 failed, 2 error, 3 inconclusive, 129/130/143 interrupted after teardown.')
  const commands = [addRunCommand, addLoadCommand, addMergeCommand, addTestRunCommand, addListCommand]
  for (const add of [...commands, addValidateCommand, addReportCommand, addCleanupCommand, addImagesCommand]) add(program)
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE
      return
    }
    const hint = isChaosError(error) && error.hint !== undefined ? `\n${error.hint}` : ''
    process.stderr.write(`error: ${describeError(error, 20_000)}${hint}\n`)
    // A command that was interrupted has said so already.
    process.exitCode ??= USAGE_EXIT_CODE
  }
}

/** An older one fails later, in the middle of a run, with the name of a function that it lacks. */
function refuseOldNode(version: string): void {
  if (Number.parseInt(version, 10) >= LEAST_NODE) return
  process.stderr.write(`error: this is Node ${version}, and ${String(LEAST_NODE)} or newer is needed\n`)
  process.exit(USAGE_EXIT_CODE)
}

refuseOldNode(process.versions.node)
await main(process.argv.slice(2))
