/** The command line: parse, run, map the verdict to an exit code. Nothing but results goes to stdout. */
import { CommanderError } from 'commander'
import { describeError, isChaosError } from '../../core/errors.ts'
import { USAGE_EXIT_CODE } from '../exit-code.ts'
import { createProgram } from './program.ts'

const LEAST_NODE = 24

async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv], { from: 'user' })
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
  process.stderr.write(`error: this is Node ${version}, and ${LEAST_NODE} or newer is needed\n`)
  process.exit(USAGE_EXIT_CODE)
}

/**
 * `… | head` reads no more than it wants, which is no failure of ours: the command comes to its end. One that has something
 * to take back sees it as well (`watchSignals`).
 */
function bearReadersThatLeave(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: the output cannot be written: ${describeError(error)}\n`)
    process.exitCode = USAGE_EXIT_CODE
  })
}

refuseOldNode(process.versions.node)
bearReadersThatLeave()
await main(process.argv.slice(2))
