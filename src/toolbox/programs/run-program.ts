import { spawn } from 'node:child_process'

export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const LIMIT_MS = 5_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/**
 * Runs one of the image's tools to its end. A non-zero exit code is a value; use `mustRun` where it is a failure.
 * @throws Error when the program is missing, takes longer than its limit (5 s) or prints more than 4 MiB.
 */
export function runProgram(file: string, argv: readonly string[], input = '', limitMs = LIMIT_MS): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    // LC_ALL: messages and numbers are parsed. Nothing else of our environment is any business of a child's.
    const child = spawn(file, argv, { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, timeout: limitMs, killSignal: 'SIGKILL' })
    const output = { stdout: '', stderr: '' }
    const collect = (name: 'stdout' | 'stderr'): void => {
      child[name].setEncoding('utf8')
      child[name].on('data', (text: string) => {
        if (output[name].length + text.length > MAX_OUTPUT_BYTES) child.kill('SIGKILL')
        else output[name] += text
      })
    }
    collect('stdout')
    collect('stderr')
    child.on('error', (error) => {
      reject(new Error(`could not run ${file}`, { cause: error }))
    })
    // `close`, not `exit`: the output is whole only then.
    child.on('close', (code, signal) => {
      if (code === null)
        reject(new Error(`${file} was ended by ${String(signal)} (limits: ${limitMs} ms, ${MAX_OUTPUT_BYTES} bytes)`))
      else resolve({ exitCode: code, ...output })
    })
    // A program that ends without reading its input closes the pipe; its exit code says whether that was all right.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** As runProgram. @throws Error with the program's own words when it does not exit with 0. */
export async function mustRun(file: string, argv: readonly string[], input = ''): Promise<string> {
  const result = await runProgram(file, argv, input)
  if (result.exitCode !== 0) {
    const words = (result.stderr.trim() || result.stdout.trim() || 'it said nothing').slice(0, 1_000)
    throw new Error(`${[file, ...argv].join(' ')} exited with ${result.exitCode}: ${words}`)
  }
  return result.stdout
}
