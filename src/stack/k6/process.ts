/** What a running k6 is to those who start it, wherever it runs. */
import type { ExecResult } from '../../ports/exec.ts'

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

export interface K6Launch {
  readonly name: string
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** On this machine. */
  readonly folder: string
  /** On this machine: the script's own folder, for it and what lies beside it. */
  readonly scripts: string
}

/** The two folders of a launch: on this machine, or where k6 sees them. */
export type K6Folders = Pick<K6Launch, 'folder' | 'scripts'>

export interface K6Launcher {
  readonly kind: string
  readonly entryUrl: string
  /** Where k6 sees what lies in these folders of this machine. */
  paths(here: K6Folders): K6Folders
  /** A short command, to its end. @throws CAPABILITY_MISSING when there is no k6 to run it. */
  command(request: Omit<K6Launch, 'folder'>, signal: AbortSignal): Promise<ExecResult>
  launch(request: K6Launch, signal: AbortSignal): Promise<K6Process>
}
