/** Runs a plan: each stage is a program of its own, with its output in a file, of which the end is shown when it fails. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stolenShare } from '../../src/core/stolen.ts'
import { parseCpuTicks } from '../../src/toolbox/proc/host-facts.ts'
import type { Plan, Stage } from './plan.ts'

export interface RunOptions {
  readonly cwd: string
  /** Where each stage's output goes. */
  readonly logFolder: string
  readonly write: (text: string) => void
  /** Ends all that runs. */
  readonly signal: AbortSignal
  readonly nowMs?: () => number
  /** What `/proc/stat` says. */
  readonly cpuTimes?: () => Promise<string>
}

export interface StageEnd {
  readonly stage: Stage
  readonly isGood: boolean
  readonly durationMs: number
}

const HEAVY_AT_ONCE = 2
const TAIL_LINES = 120
/** For tests to take back what they have begun. */
const END_LIMIT_MS = 60_000
const NAME_WIDTH = 46

/** All stages, also after one has failed: what else is wrong is wanted at once. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<StageEnd[]> {
  mkdirSync(options.logFolder, { recursive: true })
  const ends: StageEnd[] = []
  let heavy = 0
  const next = (waiting: Stage[]): Stage | undefined => {
    const index = waiting.findIndex(({ isHeavy = false }) => !isHeavy || heavy < HEAVY_AT_ONCE)
    return index === -1 ? undefined : waiting.splice(index, 1)[0]
  }
  const lane = async (waiting: Stage[], isIdle: boolean): Promise<void> => {
    // A lane that ends while a heavy one still waits leaves it to those that the wait is for.
    for (let stage = next(waiting); stage !== undefined && !options.signal.aborted; stage = next(waiting)) {
      const weight = stage.isHeavy === true ? 1 : 0
      heavy += weight
      ends.push(await runStage(stage, isIdle && stage.keepsPace !== true, options))
      heavy -= weight
    }
  }
  const besides: Promise<void>[] = []
  for (const { stages, width, beside = [], isQuiet = false } of plan.rounds) {
    if (isQuiet) await Promise.all(besides)
    besides.push(...beside.map((stagesOfLane) => lane([...stagesOfLane], true)))
    const waiting = [...stages]
    await Promise.all(Array.from({ length: width }, () => lane(waiting, false)))
  }
  await Promise.all(besides)
  return ends
}

async function runStage(stage: Stage, isIdle: boolean, options: RunOptions): Promise<StageEnd> {
  const { nowMs = () => performance.now(), cpuTimes = () => readFile('/proc/stat', 'utf8') } = options
  const startedMs = nowMs()
  const before = parseCpuTicks(await cpuTimes())
  const file = join(options.logFolder, `${stage.name.replaceAll(/[^\w-]+/g, '-')}.log`)
  const end = await programEnd(stage, isIdle, file, options)
  const durationMs = nowMs() - startedMs
  const dots = '.'.repeat(Math.max(3, NAME_WIDTH - stage.name.length))
  const isGood = end === null
  // Whoever reads a failure has to know how much of the machine there was.
  const stolenPercent = Math.round(100 * stolenShare(before, parseCpuTicks(await cpuTimes())))
  const taken = stolenPercent >= 1 ? `, ${stolenPercent} % of the CPU time taken by the host` : ''
  options.write(
    `test: ${stage.name} ${dots} ${isGood ? 'ok' : `FAILED: ${end}`} (${(durationMs / 1_000).toFixed(1)} s${taken})\n`,
  )
  if (!isGood) options.write(`${await tailOf(file)}\n`)
  return { stage, isGood, durationMs }
}

/** Why it did not end well; null when it did. */
function programEnd(stage: Stage, isIdle: boolean, file: string, { cwd, signal }: RunOptions): Promise<string | null> {
  const [program = '', ...argv] = isIdle ? ['nice', '-n', '19', 'chrt', '--idle', '0', ...stage.argv] : stage.argv
  return new Promise((resolve) => {
    const log = createWriteStream(file)
    // A group of its own, so that what it has started ends with it.
    const child = spawn(program, argv, {
      cwd,
      env: { ...process.env, ...stage.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    if (isIdle) void yieldToOthers(child)
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    let why: string | null = null
    const stop = (reason: string): void => {
      why ??= reason
      kill(child, 'SIGINT')
      last ??= setTimeout(() => {
        kill(child, 'SIGKILL')
      }, END_LIMIT_MS)
    }
    let last: NodeJS.Timeout | undefined
    const limit = setTimeout(() => {
      stop(`it takes longer than ${stage.limitMs / 60_000} minutes`)
    }, stage.limitMs)
    const onAbort = (): void => {
      stop('interrupted')
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const ended = (reason: string | null): void => {
      clearTimeout(limit)
      clearTimeout(last)
      signal.removeEventListener('abort', onAbort)
      log.end(() => {
        resolve(reason)
      })
    }
    child.on('error', (error) => {
      ended(error.message)
    })
    child.on('close', (code, name) => {
      ended(why ?? (code === 0 ? null : `exit code ${String(code ?? name)}`))
    })
  })
}

/**
 * The kernel may give each session its own share of the CPUs, however idle the tasks in it are (sched_autogroup): the
 * share itself must be small then.
 */
async function yieldToOthers({ pid }: ChildProcess): Promise<void> {
  try {
    await writeFile(`/proc/${String(pid)}/autogroup`, '19')
  } catch (error) {
    // A kernel without such groups, or a program that has ended already.
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // The group is gone.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function tailOf(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return lines
    .slice(-TAIL_LINES)
    .map((line) => `    | ${line}`)
    .join('\n')
}
