/** Running programs, the same way for all front ends. Exit codes decide, never stderr. */
export interface ExecPort {
  run(file: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult>
}

export interface ExecOptions {
  readonly cwd?: string
  /** The whole environment of the child: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly limitMs: number
  readonly signal: AbortSignal
  /** Bytes kept of each stream, the newest. */
  readonly maxOutputBytes?: number
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}
