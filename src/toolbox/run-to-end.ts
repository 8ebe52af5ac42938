/** A program whose end, by exit code or signal, is what is to be known. */
import { spawn } from 'node:child_process'

export interface ProgramEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of both streams. */
  readonly output: string
}

const OUTPUT_TAIL = 1_000

/** @throws Error when the program cannot be started, or takes longer than its limit. */
export function runToEnd(file: string, argv: readonly string[], limitMs: number): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, limitMs)
    const keep = (text: Buffer): void => {
      output = `${output}${text.toString('utf8')}`.slice(-OUTPUT_TAIL)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(new Error(`could not run ${file}`, { cause: error }))
    })
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer)
      if (late) reject(new Error(`${file} took longer than ${String(limitMs)} ms`))
      else resolve({ exitCode, signal, output: output.trim() })
    })
  })
}
