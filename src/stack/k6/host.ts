/** k6 as a program of this machine. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import type { ExecPort } from '../../ports/exec.ts'
import type { K6Launch, K6Launcher, K6Process } from './process.ts'
import { outputTail } from '../programs/output-tail.ts'
import { exitCode } from '../programs/spawn-exec.ts'

const COMMAND_LIMIT_MS = 30_000
const LOG_BYTES = 256 * 1024
/** Clock ticks a second of every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100

export interface K6HostOptions {
  readonly exec: ExecPort
  /** Path of the program. */
  readonly file: string
  readonly entryUrl: string
}

/** It sees the environment of the script and nothing of ours. */
export function hostLauncher({ exec, file, entryUrl }: K6HostOptions): K6Launcher {
  return {
    kind: 'host',
    entryUrl,
    paths: (folder, { script }) => ({ folder, script }),
    async command({ argv, environment, files }, signal) {
      try {
        const cwd = files?.root ?? '/'
        return await exec.run(file, argv, { env: { ...environment }, cwd, limitMs: COMMAND_LIMIT_MS, signal })
      } catch (error) {
        if (!isChaosError(error, 'BAD_INPUT')) throw error
        throw new ChaosError('CAPABILITY_MISSING', `k6 cannot be run: ${error.message}`, { cause: error })
      }
    },
    launch: (request) => launch(file, request),
  }
}

function launch(file: string, { argv, environment, folder }: K6Launch): Promise<K6Process> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...argv], {
      // What handleSummary() writes goes there.
      cwd: folder,
      // It looks for settings in its home: there are none of the user's in here.
      env: { ...environment, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A Ctrl-C on our terminal reaches us, and we tell it.
      detached: true,
    })
    const output = outputTail(LOG_BYTES)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', output.push)
    const exited = new Promise<number>((ended) => {
      child.on('close', (code, signal) => {
        ended(exitCode(code, signal))
      })
    })
    child.on('error', (error) => {
      reject(new ChaosError('CAPABILITY_MISSING', `${file} could not be started: ${error.message}`, { cause: error }))
    })
    child.on('spawn', () => {
      resolve({
        exited,
        kill: (signal) => {
          child.kill(signal)
          return Promise.resolve()
        },
        log: () => Promise.resolve(output.text()),
        cpuUs: () => cpuOf(child.pid ?? 0),
        remove: () => Promise.resolve(),
      })
    })
  })
}

/** proc(5): the name, the second field, may hold anything; user and system time are the 14th and 15th. */
async function cpuOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) ? (ticks * 1_000_000) / TICKS_PER_SECOND : null
}
