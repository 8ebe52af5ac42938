import type { BegunClause, ClausePhase, Expectation, SteadyClause } from '../../kinds/clause.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { together } from '../together.ts'

interface Clause {
  readonly expectation: Expectation
  steady: SteadyClause | null
  begun: BegunClause | null
}

/** The clauses of `expect`, and how far each of them has come. */
export class ExpectationSet {
  private readonly clauses: Clause[]
  private stopped = false

  constructor(expectations: readonly Expectation[]) {
    this.clauses = expectations.map((expectation) => ({ expectation, steady: null, begun: null }))
  }

  /** Has all clauses take what they compare with, side by side. */
  async steady(ctx: ClauseContext): Promise<void> {
    const takes = this.clauses.map((clause) => async (signal: AbortSignal) => {
      clause.steady = await clause.expectation.steady({ ...ctx, signal })
    })
    await together(ctx.signal, takes)
  }

  /** The longest that a clause of the phase may need, beyond the planned end of the window where the fault is on, ms. */
  longestMs(phase: ClausePhase): number {
    return Math.max(0, ...this.ofPhase(phase).map(({ expectation }) => expectation.afterWindowMs))
  }

  /** Starts what must be under way when the fault is injected. Once. */
  async begin(ctx: ClauseContext): Promise<void> {
    for (const clause of this.clauses) {
      if (this.isStopped()) continue
      if (clause.steady === null) throw new ChaosError('INTERNAL', `${clause.expectation.text}: begun before its steady state`)
      clause.begun = await clause.steady.begin(ctx)
      // Begun too late for anybody to wait for it.
      if (this.isStopped()) clause.begun.stop?.()
    }
  }

  /** A call, as the compiler would otherwise hold the first answer for good. */
  private isStopped(): boolean {
    return this.stopped
  }

  /** Ends what `begin` started, or still starts. Idempotent. */
  stop(): void {
    this.stopped = true
    for (const clause of this.clauses) clause.begun?.stop?.()
  }

  /** Observes all clauses of a phase at once. One that throws stays undecided, with the reason. */
  async observe(phase: ClausePhase, ctx: ClauseContext): Promise<ExpectationResult[]> {
    return Promise.all(this.ofPhase(phase).map((clause) => observeOne(clause, ctx)))
  }

  /** For a scenario that ended before a phase: its clauses were not decided. */
  undecided(phase: ClausePhase, why: string): ExpectationResult[] {
    return this.ofPhase(phase).map(({ expectation }) => undecided(expectation, why))
  }

  private ofPhase(phase: ClausePhase): Clause[] {
    return this.clauses.filter(({ expectation }) => expectation.phase === phase)
  }
}

async function observeOne({ expectation, begun }: Clause, ctx: ClauseContext): Promise<ExpectationResult> {
  try {
    if (begun === null) throw new ChaosError('INTERNAL', 'it was not begun')
    const { expected, observed, met } = await begun.observe(ctx)
    return { phase: expectation.phase, text: expectation.text, expected, observed, met }
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return undecided(expectation, `it could not be observed: ${describeError(error, 500)}`)
  }
}

function undecided({ phase, text }: Expectation, observed: string): ExpectationResult {
  return { phase, text, expected: 'to be observed', observed, met: null }
}
