/** Programs by `node:child_process`, which can be ended with all that they have started. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { abortedError, ChaosError, missingProgram, systemErrorCode } from '../../core/errors.ts'
import type { ExecOptions, ExecPort, ExecResult } from '../../ports/exec.ts'
import { lineSplitter, outputTail, type LineSplitter, type OutputTail } from './output-tail.ts'

const DEFAULT_OUTPUT_BYTES = 64 * 1024
/** How long the output may stay open after the program has ended: a grandchild may hold it for good. */
const OUTPUT_GRACE_MS = 2_000

/**
 * Runs programs without a shell, each in a process group of its own: a Ctrl-C on our terminal reaches us, not them, and an
 * abort reaches plugins and grandchildren too. Rejects for what is not an exit code: ABORTED, TIMEOUT, a missing program.
 * `graceMs`: between SIGTERM and SIGKILL when a run is aborted or over its limit.
 */
export function createSpawnExec({ graceMs = 3_000 }: { readonly graceMs?: number } = {}): ExecPort {
  return { run: (file, argv, runOptions) => runProgram(file, argv, runOptions, graceMs) }
}

function runProgram(file: string, argv: readonly string[], options: ExecOptions, graceMs: number): Promise<ExecResult> {
  const name = commandName(file, argv)
  if (options.signal.aborted) return Promise.reject(abortedError(options.signal, `\`${name}\``))
  return new Promise((resolve, reject) => {
    // Typed wide: without file descriptors to spare (EMFILE) Node hands out a child that has no streams.
    const child: ChildProcess = spawn(file, [...argv], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const stdout = collect(child.stdout, options, 'stdout')
    const stderr = collect(child.stderr, options, 'stderr')
    // The first cause wins: a program that dies of our SIGTERM was not killed by a signal, it was cancelled.
    let cause: Error | undefined
    const timers: NodeJS.Timeout[] = []
    const closeOutput = (): void => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    const end = (why: Error): void => {
      if (cause !== undefined) return
      cause = why
      killGroup(child, 'SIGTERM')
      timers.push(setTimeout(killGroup, graceMs, child, 'SIGKILL'))
      // Even a process that cannot be killed (uninterruptible, or another user's) must not keep us past our limit.
      timers.push(setTimeout(finish, graceMs + OUTPUT_GRACE_MS, why))
    }
    const timeout = (): void => {
      const output = lastOutput(stdout.text(), stderr.text())
      end(new ChaosError('TIMEOUT', `\`${name}\` took longer than ${options.limitMs} ms${output}`))
    }
    const onAbort = (): void => {
      end(abortedError(options.signal, `\`${name}\``))
    }
    const finish = (result: Error | ExecResult): void => {
      for (const timer of timers) clearTimeout(timer)
      options.signal.removeEventListener('abort', onAbort)
      if (!(result instanceof Error)) {
        resolve(result)
        return
      }
      closeOutput()
      reject(result)
    }
    timers.push(setTimeout(timeout, options.limitMs))
    options.signal.addEventListener('abort', onAbort, { once: true })
    child.on('error', (error) => {
      if (child.pid === undefined) finish(cause ?? startError(file, options.cwd, error))
    })
    child.on('exit', () => {
      if (cause === undefined) timers.push(setTimeout(closeOutput, OUTPUT_GRACE_MS))
    })
    child.on('close', (code, signal) => {
      stdout.end()
      stderr.end()
      finish(cause ?? { exitCode: exitCode(code, signal), stdout: stdout.text(), stderr: stderr.text() })
    })
  })
}

type Collected = Pick<OutputTail, 'text'> & Pick<LineSplitter, 'end'>

function collect(stream: NodeJS.ReadableStream | null | undefined, options: ExecOptions, name: 'stdout' | 'stderr'): Collected {
  const tail = outputTail(options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES)
  const lines = lineSplitter((line) => options.onLine?.(name, line))
  stream?.on('data', (chunk: Buffer) => {
    tail.push(chunk)
    lines.push(chunk)
  })
  return { text: tail.text, end: lines.end }
}

function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    const code = systemErrorCode(error)
    // ESRCH: it ended between the decision and the call. EPERM: not ours to end; the caller's limit still holds.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

/** As a shell would say it: a program killed by signal n ends with 128 + n. */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function startError(file: string, cwd: string | undefined, error: NodeJS.ErrnoException): ChaosError {
  if (error.code !== 'ENOENT')
    return new ChaosError('BAD_INPUT', `\`${file}\` could not be started: ${error.message}`, { cause: error })
  if (cwd !== undefined && !existsSync(cwd)) {
    return new ChaosError('BAD_INPUT', `\`${file}\` could not be started: the folder ${cwd} does not exist`, { cause: error })
  }
  return missingProgram(file, error)
}

function commandName(file: string, argv: readonly string[]): string {
  const words = [file, ...argv].join(' ')
  return words.length > 160 ? `${words.slice(0, 160)}…` : words
}

function lastOutput(stdout: string, stderr: string): string {
  const text = `${stdout}\n${stderr}`.trim()
  return text === '' ? '' : `; last output: ${text.slice(-500)}`
}
