/** What a running k6 is to those who start it, wherever it runs. */
import type { ExecResult } from '../../ports/exec.ts'
import type { ScriptFiles } from './script-files.ts'

export interface K6Process {
  /** Its exit code; 128 + n when signal n killed it. */
  readonly exited: Promise<number>
  /** Nothing when it has ended. */
  kill(signal: 'SIGINT' | 'SIGKILL'): Promise<void>
  /** The last of what it said, once it has ended. */
  log(): Promise<string>
  /** CPU time so far, µs; null when there is nothing to read. */
  cpuUs(signal: AbortSignal): Promise<number | null>
  /** Once it has ended. */
  remove(): Promise<void>
}

/** The script, and what it needs beside its own folder, on this machine. */
export interface K6Files extends ScriptFiles {
  readonly script: string
}

export interface K6Command {
  readonly name: string
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** null where no script is needed. */
  readonly files: K6Files | null
}

export interface K6Launch extends K6Command {
  readonly files: K6Files
  /** On this machine, for what k6 reads and writes: it is its working folder. */
  readonly folder: string
}

/** Where k6 sees them. */
export interface K6Paths {
  readonly folder: string
  readonly script: string
}

export interface K6Launcher {
  readonly kind: string
  readonly entryUrl: string
  /** Where k6 sees the folder and the script. */
  paths(folder: string, files: K6Files): K6Paths
  /** A short command, to its end. @throws CAPABILITY_MISSING when there is no k6 to run it. */
  command(request: K6Command, signal: AbortSignal): Promise<ExecResult>
  launch(request: K6Launch, signal: AbortSignal): Promise<K6Process>
}
