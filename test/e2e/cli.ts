/** Runs the bundled command line as a person would, and looks at Docker beside it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '../../src/core/time/clock.ts'
import type { RunResult } from '../../src/core/result/run.ts'
import { waitUntil } from '../../src/core/time/wait.ts'

const CLI = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url))
const run = promisify(execFile)

export interface CliRun {
  readonly child: ChildProcess
  readonly outDir: string
  readonly stateDir: string
  ended(): Promise<{ exitCode: number | null; stdout: string; stderr: string }>
  result(): Promise<RunResult>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startCli(argv: readonly string[], stateDir?: string): Promise<CliRun> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-e2e-'))
  const outDir = join(folder, 'out')
  const state = stateDir ?? join(folder, 'state')
  const child = spawn(process.execPath, [CLI, ...argv, ...(argv[0] === 'run' ? ['--out', outDir] : [])], {
    env: { ...process.env, CHAOS_STATE_DIR: state, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(child, 'close') as Promise<[number | null]>
  return {
    child,
    outDir,
    stateDir: state,
    async ended() {
      const [exitCode] = await closed
      return { exitCode, stdout, stderr }
    },
    result: async () => JSON.parse(await readFile(join(outDir, 'result.json'), 'utf8')) as RunResult,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await closed
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until run.log has `text`. */
export async function heard(cli: CliRun, text: string, limitMs: number): Promise<string> {
  return waitUntil(
    `"${text}" in run.log`,
    () => readFile(join(cli.outDir, 'run.log'), 'utf8'),
    (log) => log.includes(text),
    {
      everyMs: 20,
      attemptMs: 1_000,
      limitMs,
      signal: new AbortController().signal,
      clock: systemClock,
    },
  )
}

/** Containers, networks and volumes that carry a run label, of any run or of one. */
export async function labelled(runId?: string): Promise<string[]> {
  const filter = ['--filter', `label=chaos-action.run${runId === undefined ? '' : `=${runId}`}`]
  const [containers, networks, volumes] = await Promise.all([
    run('docker', ['ps', '--all', '--format', 'container {{.Names}}', ...filter]),
    run('docker', ['network', 'ls', '--format', 'network {{.Name}}', ...filter]),
    run('docker', ['volume', 'ls', '--format', 'volume {{.Name}}', ...filter]),
  ])
  return [containers, networks, volumes].flatMap(({ stdout }) => stdout.split('\n')).filter((line) => line !== '')
}

export async function docker(...argv: string[]): Promise<string> {
  return (await run('docker', argv)).stdout.trim()
}

/** The run's id, from the first line of its log. */
export async function runIdOf(cli: CliRun): Promise<string> {
  const log = await heard(cli, ' run ', 30_000)
  const id = / run ([0-9a-f]{8}):/.exec(log)?.[1]
  if (id === undefined) throw new Error(`no run id in: ${log}`)
  return id
}
