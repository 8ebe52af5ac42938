/** CPU burnt inside a container's cgroup, so that its quota, not the machine, is what runs out. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import * as z from 'zod'
import { systemErrorCode } from '../../../core/errors.ts'
import { systemClock } from '../../../core/time/clock.ts'
import { waitUntil } from '../../../core/time/wait.ts'
import { defineOperation } from '../../define-operation.ts'
import { cgroupFolders } from '../../cgroup/files.ts'
import { COULD_NOT_JOIN, joining } from '../../cgroup/join.ts'
import { belongsTo, readCgroupPaths, readProcFile } from '../../cgroup/membership.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { readStat } from '../../proc/process.ts'
import { parseWaitedUs } from '../../proc/text.ts'
import { none, processRef } from '../arguments.ts'

const burnArgs = processRef.extend({ workers: z.int().min(1).max(256), loadPercent: z.int().min(1).max(100) })
type Args = z.output<typeof burnArgs>

interface BurnFacts {
  /** stress-ng's own processes that are alive in the target's cgroup now. */
  readonly alive: number
  /** Their CPU time so far, µs. */
  readonly cpuUs: number
  /** How long they could have run and did not, for want of quota or of a CPU, µs; null where the kernel does not count it. */
  readonly waitedUs: number | null
}

export const cpuOperations = [
  /** stress-ng with so many CPU workers as children in the process's cgroup; undone by ending them. */
  defineOperation({
    name: 'cpu.burn',
    args: burnArgs,
    limitMs: 0,
    run: (args, helper: Helper) => helper.get(CpuBurn).burn(args, helper),
  }),
  defineOperation({ name: 'cpu.read', args: none, limitMs: 0, run: (_, helper: Helper) => helper.get(CpuBurn).read() }),
] as const

/** Clock ticks a second of every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100
const START_LIMIT_MS = 5_000
const END_LIMIT_MS = 3_000
const OUTPUT_TAIL = 1_000
/** Longer than the longest fault window, a day; the last resort against burners that nobody ends. */
const LONGEST_SECONDS = 25 * 3_600

interface Burning {
  readonly child: ChildProcess
  readonly group: number
  readonly containerId: string
  readonly workers: number
  output: string
}

interface Member {
  readonly pid: number
  readonly cpuTicks: number
}

class CpuBurn {
  private burning: Burning | null = null

  /** Ends when all workers are seen in the cgroup. @throws Error when stress-ng is missing or ends at once. */
  async burn(args: Args, { undo, avoid }: HelperState): Promise<{ mechanism: string }> {
    if (avoid.has('stress-ng')) throw new Error('stress-ng is not to be used: told to avoid it')
    const folders = await cgroupFolders(args)
    // On v1 only the CPU hierarchies: what stress-ng itself allocates stays charged to this helper.
    const wanted = folders.version === 2 ? [folders.folder('cpu')] : [folders.folder('cpu'), folders.folder('cpuacct')]
    const joined = [...new Set(wanted.filter((folder) => folder !== null))]
    if (joined.length === 0) throw new Error('the container has no cgroup for CPU')
    const remove = (): Promise<string[]> => this.end()
    return await undo.install('CPU burners', remove, async () => {
      this.burning = start(args, joined)
      await this.awaitWorkers(this.burning)
      return { mechanism: `stress-ng, ${args.workers} CPU workers in the target's cgroup (v${folders.version})` }
    })
  }

  /** @throws Error when nothing was started. Burners that have died count as such. */
  async read(): Promise<BurnFacts> {
    if (this.burning === null) throw new Error('this helper burns no CPU')
    return await look(this.burning)
  }

  private async awaitWorkers(burning: Burning): Promise<void> {
    const ended = new AbortController()
    // `close`, not `exit`: what it said is whole only then.
    burning.child.once('close', () => {
      ended.abort()
    })
    const options = { everyMs: 10, attemptMs: 1_000, limitMs: START_LIMIT_MS, signal: ended.signal, clock: systemClock }
    try {
      // The parent that waits for them is one more.
      const areAll = ({ alive }: BurnFacts): boolean => alive > burning.workers
      await waitUntil('all CPU workers in the cgroup', () => look(burning), areAll, options)
    } catch (error) {
      if (!ended.signal.aborted) throw error
      throw new Error(`stress-ng burnt nothing: ${whyEnded(burning.child)}: ${burning.output.trim() || 'it said nothing'}`, {
        cause: error,
      })
    }
  }

  /** Ends the group and waits until no process of it is there. */
  private async end(): Promise<string[]> {
    const burning = this.burning
    if (burning === null) return []
    const before = await ownMembers(burning)
    if (before.length > 0) {
      killGroup(burning.group)
      const { signal } = new AbortController()
      const options = { everyMs: 10, attemptMs: 1_000, limitMs: END_LIMIT_MS, signal, clock: systemClock }
      const areGone = (left: readonly Member[]): boolean => left.length === 0
      await waitUntil('the end of the CPU workers', () => membersOf(burning.group), areGone, options)
    }
    // Only now: an undo that failed can be tried again.
    this.burning = null
    return before.length === 0 ? [] : [`${before.length} stress-ng processes`]
  }
}

function start({ containerId, workers, loadPercent }: Args, folders: readonly string[]): Burning {
  const stress = ['stress-ng', '--cpu', String(workers), '--cpu-load', String(loadPercent), '--cpu-method', 'loop']
  // Else it sets aside as much memory as the last cache of the CPU has: 300 MB on some servers, more than a helper may use.
  const cache = ['--cache-size', '64K']
  const options = [...cache, '--timeout', `${LONGEST_SECONDS}s`, '--temp-path', '/run', '--quiet']
  // Its workers die with it, and it dies with this process: in the target's cgroup nobody else would end it.
  const { file, argv } = joining(folders, ['setpriv', '--pdeathsig', 'KILL', ...stress, ...options])
  const child = spawn(file, argv, {
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // What could not be started has no pid, which is told below.
  child.on('error', () => undefined)
  if (child.pid === undefined) throw new Error(`${file} could not be started`)
  const burning: Burning = { child, group: child.pid, containerId, workers, output: '' }
  const keep = (text: Buffer): void => {
    burning.output = `${burning.output}${text.toString('utf8')}`.slice(-OUTPUT_TAIL)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return burning
}

function whyEnded({ exitCode, signalCode }: Pick<ChildProcess, 'exitCode' | 'signalCode'>): string {
  if (exitCode === COULD_NOT_JOIN) return 'the cgroup could not be joined'
  return signalCode === null ? `it exited with ${String(exitCode)}` : `it was ended by ${signalCode}`
}

async function look(burning: Burning): Promise<BurnFacts> {
  const inside = await membersInside(burning)
  const ticks = inside.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0)
  return { alive: inside.length, cpuUs: (ticks * 1_000_000) / TICKS_PER_SECOND, waitedUs: await waitedUs(inside) }
}

/** null where the kernel was built without this count, or one of them has just ended: part of a sum is none. */
async function waitedUs(members: readonly Member[]): Promise<number | null> {
  const texts = await Promise.all(members.map(({ pid }) => readProcFile(pid, 'schedstat')))
  return texts.reduce<number | null>((sum, text) => (sum === null || text === null ? null : sum + parseWaitedUs(text)), 0)
}

async function membersInside({ group, containerId }: Burning): Promise<readonly Member[]> {
  const members = await membersOf(group)
  const inside = await Promise.all(
    members.map(async (member) => {
      const paths = await readCgroupPaths(member.pid)
      return paths !== null && belongsTo(paths, containerId) ? [member] : []
    }),
  )
  return inside.flat()
}

/**
 * While the first process is there the group is ours, also before it has joined the target's cgroup. After that its number
 * may have been given to a stranger, unless one of ours is still in the cgroup.
 */
async function ownMembers(burning: Burning): Promise<readonly Member[]> {
  const { child, group } = burning
  const isOurs = (child.exitCode === null && child.signalCode === null) || (await membersInside(burning)).length > 0
  return isOurs ? await membersOf(group) : []
}

/** Processes of the group that are not dead, by reading all of /proc: this helper sees the host's pids. */
async function membersOf(group: number): Promise<Member[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readStat(pid)
      return stat !== null && stat.group === group && stat.state !== 'Z' ? [{ pid, cpuTicks: stat.cpuTicks }] : []
    }),
  )
  return found.flat()
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    // Gone by itself in between.
    if (systemErrorCode(error) !== 'ESRCH') throw error
  }
}
