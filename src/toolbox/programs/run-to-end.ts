/** A program whose end, by exit code or signal, is what is to be known. */
import { spawn } from 'node:child_process'
import { abortedError } from '../../core/errors.ts'

export interface ProgramEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of both streams. */
  readonly output: string
}

const OUTPUT_TAIL = 1_000

/** @throws Error when the program cannot be started, or takes longer than its limit; ChaosError ABORTED after the signal. */
export function runToEnd(file: string, argv: readonly string[], limitMs: number, signal: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortedError(signal, file))
      return
    }
    const child = spawn(file, argv, { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let late = false
    const kill = (): void => {
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => {
      late = true
      kill()
    }, limitMs)
    signal.addEventListener('abort', kill)
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
    }
    const keep = (text: Buffer): void => {
      output = `${output}${text.toString('utf8')}`.slice(-OUTPUT_TAIL)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      settle()
      reject(new Error(`could not run ${file}`, { cause: error }))
    })
    child.on('close', (exitCode, endedBy) => {
      settle()
      if (signal.aborted) reject(abortedError(signal, file))
      else if (late) reject(new Error(`${file} took longer than ${limitMs} ms`))
      else resolve({ exitCode, signal: endedBy, output: output.trim() })
    })
  })
}
