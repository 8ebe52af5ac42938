/**
 * A machine whose host gives its CPUs to others is none to judge a system on, and a result says how much was taken while each
 * scenario ran. What is not as wanted where that was a tenth or more is run again, when some time has passed; where it was
 * less, once is enough to be wrong.
 */
import { expect } from 'vitest'
import { systemClock } from '../../../src/core/time/clock.ts'
import type { LoadResult } from '../../../src/core/result/load.ts'
import type { RunResult } from '../../../src/core/result/run.ts'
import type { ScenarioResult } from '../../../src/core/result/scenario.ts'
import { countVerdicts, decideRun, EXIT_CODES } from '../../../src/core/verdict.ts'
import { STOLEN_LIMIT_PERCENT } from '../../../src/core/stolen.ts'
import { startCli } from '../cli.ts'

const MOST_ROUNDS = 4
const PAUSE_MS = 60_000
/** Of one round; a test needs as many, and the pauses between them. */
const ROUND_LIMIT_MS = 600_000
export const FAIR_LIMIT_MS = MOST_ROUNDS * (ROUND_LIMIT_MS + PAUSE_MS)

type Judged = ScenarioResult | LoadResult

export interface FairRun {
  /** What is not as wanted, on a machine that had its CPUs. */
  readonly missing: readonly string[]
  /** Of the first run, which had all. */
  readonly first: {
    readonly result: RunResult
    readonly stdout: string
    readonly outDir: string
  }
  /** By id, as it was judged last. */
  readonly judged: ReadonlyMap<string, Judged>
  /** What the runs said, for whoever reads a failure. */
  readonly told: string
}

export interface Wanted {
  readonly ids: readonly string[]
  readonly argv: (ids: readonly string[]) => readonly string[]
  /** Why what is said of an id is not as wanted; null when it is. */
  readonly why: (result: RunResult, id: string) => string | null
  /** Looks at what the first run has left behind. */
  readonly look?: (first: FairRun['first']) => Promise<void>
}

export async function fairRun({ ids, argv, why, look }: Wanted): Promise<FairRun> {
  const judged = new Map<string, Judged>()
  const told: string[] = []
  let first: FairRun['first'] | null = null
  for (let round = 1, left = ids; ; round += 1) {
    await using cli = await startCli(argv(left))
    const { exitCode, stdout, stderr } = await cli.ended()
    const result = await cli.result()
    told.push(`${stdout}${stderr}`)
    if (first === null) {
      first = { result, stdout, outDir: cli.outDir }
      await look?.(first)
    }
    const now = [...result.scenarios, ...result.load]
    for (const one of now) judged.set(one.id, one)
    // What the verdicts ask for, of every run: another one tells of trouble that no verdict shows.
    const due = EXIT_CODES[decideRun(countVerdicts(now.map(({ verdict }) => verdict)), false)]
    expect([exitCode, result.reasons], told.at(-1)).toEqual([due, []])
    // What was green before and was run again must be so still.
    const asked = ids.filter((id) => left.includes(id) || now.some((one) => one.id === id))
    const reds = asked.flatMap((id) => {
      const reason = why(result, id)
      return reason === null ? [] : [{ id, reason, isFair: !wasStolen(judged.get(id)) }]
    })
    if (reds.length === 0 || reds.some(({ isFair }) => isFair) || round === MOST_ROUNDS)
      return { missing: reds.map(({ reason }) => reason), first, judged, told: told.join('\n') }
    left = reds.map(({ id }) => id)
    await systemClock.sleep(PAUSE_MS, new AbortController().signal)
  }
}

function wasStolen(judged: Judged | undefined): boolean {
  if (judged === undefined) return false
  const percent = 'generator' in judged ? judged.generator.stolenPercent : (judged.host?.cpuStolenPercent ?? null)
  return percent !== null && percent >= STOLEN_LIMIT_PERCENT
}
