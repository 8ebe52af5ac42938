import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemClock } from '../../../src/core/time/clock.ts'
import { waitUntil } from '../../../src/core/time/wait.ts'

const run = promisify(execFile)

/** Everything in Docker that carries the run's label, one `kind name` per entry. */
export async function objectsOf(runId: string): Promise<string[]> {
  const filter = ['--filter', `label=chaos-action.run=${runId}`]
  const lists = await Promise.all([
    names('container', ['ps', '--all', '--format', '{{.Names}}', ...filter]),
    names('network', ['network', 'ls', '--format', '{{.Name}}', ...filter]),
    names('volume', ['volume', 'ls', '--format', '{{.Name}}', ...filter]),
  ])
  return lists.flat()
}

async function names(kind: string, argv: readonly string[]): Promise<string[]> {
  const { stdout } = await run('docker', [...argv], { timeout: 20_000 })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${kind} ${line}`)
}

/** For the end of a test, whatever happened in it: removes what is left of the run. */
export async function removeObjects(runId: string): Promise<void> {
  for (const kind of ['container', 'network', 'volume'] as const) {
    const left = (await objectsOf(runId))
      .filter((object) => object.startsWith(`${kind} `))
      .map((object) => object.slice(kind.length + 1))
    if (left.length > 0) await run('docker', [kind, 'rm', '--force', ...left], { timeout: 60_000 })
  }
}

/** Polls until `read` gives what `ok` accepts, for at most two minutes. */
export function eventually<T>(name: string, read: () => Promise<T>, ok: (value: T) => boolean): Promise<T> {
  const signal = new AbortController().signal
  return waitUntil(name, read, ok, { everyMs: 200, attemptMs: 20_000, limitMs: 120_000, signal, clock: systemClock })
}
