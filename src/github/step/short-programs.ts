/**
 * Programs that are over in a moment, by the runner's own toolkit. It cannot end a program: one that is late is left behind, so
 * that nothing may run here whose end must be brought about. Nor what reads its standard input, which stays open: the toolkit
 * can close it only by a write, and when the program has ended by then, the write's error is one that nobody can catch.
 */
import { exec } from '@actions/exec'
import { describeError, missingProgram } from '../../core/errors.ts'
import type { ExecOptions, ExecPort, ExecResult } from '../../ports/exec.ts'
import { withDeadline } from '../../core/time/wait.ts'

const DEFAULT_OUTPUT_BYTES = 64 * 1024
/** The toolkit's code of a program that a signal ended is null; a shell says 128 and more. */
const ENDED_BY_SIGNAL = 128

/** As ExecPort says, `onLine` left out; nothing of its output is printed. */
export const shortPrograms: ExecPort = {
  run: (file, argv, options) =>
    withDeadline(`\`${[file, ...argv].join(' ')}\``, options.limitMs, options.signal, () => runProgram(file, argv, options)),
}

async function runProgram(file: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const stdout = newestOf(options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES)
  const stderr = newestOf(options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES)
  try {
    const exitCode = await exec(`"${file}"`, [...argv], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...{ env: { ...options.env }, silent: true, ignoreReturnCode: true },
      listeners: { stdout: stdout.push, stderr: stderr.push },
    })
    return { exitCode: Number.isInteger(exitCode) ? exitCode : ENDED_BY_SIGNAL, stdout: stdout.text(), stderr: stderr.text() }
  } catch (error) {
    throw describeError(error).startsWith('Unable to locate executable file') ? missingProgram(file, error) : error
  }
}

function newestOf(maxBytes: number): { readonly push: (chunk: Buffer) => void; readonly text: () => string } {
  let kept = Buffer.alloc(0)
  return {
    push: (chunk) => {
      kept = Buffer.concat([kept, chunk]).subarray(-maxBytes)
    },
    text: () => kept.toString('utf8'),
  }
}
