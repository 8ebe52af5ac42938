/** All commands with their flags, as one program that nobody has started yet. */
import { Command } from 'commander'
import { addCleanupCommand } from './cleanup.ts'
import { addImagesCommand } from './images.ts'
import { addListCommand } from './list.ts'
import { addLoadCommand } from './load.ts'
import { addMergeCommand } from './merge.ts'
import { addReportCommand } from './report.ts'
import { addRunCommand } from './run.ts'
import { addTestRunCommand } from './testrun.ts'
import { addValidateCommand } from './validate.ts'
import { TOOL_VERSION } from '../version.ts'

/** Bad arguments make it throw a CommanderError; a command's own error is thrown as it is. */
export function createProgram(): Command {
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
  return program
}
