/** A named pipe into which another program writes, also one in a container that has its folder mounted. */
import { close, constants, open } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import { ChaosError } from '../../core/errors.ts'
import type { ExecPort } from '../../ports/exec.ts'

const MKFIFO_LIMIT_MS = 5_000
// Numbers, not file handles: the stream closes its own, and a handle would do so again.
const openNumber = promisify(open)
const closeNumber = promisify(close)

export interface SamplePipe {
  /** Ends after `end` was called, the writers have closed it, and all was read. */
  readonly stream: Socket
  /** No writer will come any more. Until then the pipe stays open without one: a writer may be late, or never come. */
  end(): Promise<void>
}

/** @throws CAPABILITY_MISSING where the file system has no named pipes. */
export async function openSamplePipe(path: string, exec: ExecPort, signal: AbortSignal): Promise<SamplePipe> {
  const made = await exec.run('mkfifo', ['-m', '0600', '--', path], {
    env: { PATH: process.env['PATH'] ?? '' },
    limitMs: MKFIFO_LIMIT_MS,
    signal,
  })
  if (made.exitCode !== 0)
    throw new ChaosError('CAPABILITY_MISSING', `no named pipe could be made at ${path}: ${made.stderr.trim().slice(-300)}`)
  const reader = await openNumber(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stream = new Socket({ fd: reader, readable: true, writable: false })
  // As long as we could write ourselves the stream has no end, whoever comes and goes.
  const writer = await openNumber(path, constants.O_WRONLY | constants.O_NONBLOCK)
  return { stream, end: () => closeNumber(writer) }
}
