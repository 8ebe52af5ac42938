import { spawn, type ChildProcess } from 'node:child_process'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has printed so far, both streams. */
  output(): string
}

/** Starts a bundle with exactly this environment. It is killed at its limit, so that no test leaves one behind. */
export function start(argv: readonly string[], options: { cwd: string; env: Record<string, string>; limitMs: number }): Program {
  const child = spawn(process.execPath, [...argv], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.limitMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr })
    })
  })
  return { child, ended, output: () => stdout + stderr }
}
