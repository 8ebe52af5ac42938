import type { BegunClause, ClausePhase, Expectation, SteadyClause } from '../../kinds/clause.ts'
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { together } from '../together.ts'

/** The clauses of `expect`, and how far each of them has come. */
export class ExpectationSet {
  private readonly clauses: readonly Expectation[]
  private taken: readonly { readonly clause: Expectation; readonly steady: SteadyClause }[] = []
  private readonly begun = new Map<Expectation, BegunClause>()
  private stopped = false

  constructor(clauses: readonly Expectation[]) {
    this.clauses = clauses
  }

  /** Has all clauses take what they compare with, side by side. */
  async steady(ctx: ClauseContext): Promise<void> {
    const takes = this.clauses.map((clause) => async (signal: AbortSignal) => {
      return { clause, steady: await clause.steady({ ...ctx, signal }) }
    })
    this.taken = await together(ctx.signal, takes)
  }

  /** The longest that a clause of the phase may need, beyond the planned end of the window where the fault is on, ms. */
  longestMs(phase: ClausePhase): number {
    return Math.max(0, ...this.ofPhase(phase).map(({ afterWindowMs }) => afterWindowMs))
  }

  /** Starts what must be under way when the fault is injected. Once. */
  async begin(ctx: ClauseContext): Promise<void> {
    for (const { clause, steady } of this.taken) {
      if (this.isStopped()) return
      const begun = await steady.begin(ctx)
      this.begun.set(clause, begun)
      // Begun too late for anybody to wait for it.
      if (this.isStopped()) begun.stop?.()
    }
  }

  /** A call, as the compiler would otherwise hold the first answer for good. */
  private isStopped(): boolean {
    return this.stopped
  }

  /** Ends what `begin` started, or still starts. Idempotent. */
  stop(): void {
    this.stopped = true
    for (const begun of this.begun.values()) begun.stop?.()
  }

  /** Observes all clauses of a phase at once. One that throws stays undecided, with the reason. */
  async observe(phase: ClausePhase, ctx: ClauseContext): Promise<ExpectationResult[]> {
    return Promise.all(this.ofPhase(phase).map((clause) => observeOne(clause, this.begun.get(clause), ctx)))
  }

  /** For a scenario that ended before a phase: its clauses were not decided. */
  undecided(phase: ClausePhase, why: string): ExpectationResult[] {
    return this.ofPhase(phase).map((clause) => undecided(clause, why))
  }

  private ofPhase(phase: ClausePhase): Expectation[] {
    return this.clauses.filter((clause) => clause.phase === phase)
  }
}

async function observeOne(clause: Expectation, begun: BegunClause | undefined, ctx: ClauseContext): Promise<ExpectationResult> {
  if (begun === undefined) return undecided(clause, 'it could not be observed: it was not begun')
  const { phase, text } = clause
  try {
    const { expected, observed, met } = await begun.observe(ctx)
    return { phase, text, expected, observed, met }
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return undecided(clause, `it could not be observed: ${describeError(error, 500)}`)
  }
}

function undecided({ phase, text }: Expectation, observed: string): ExpectationResult {
  return { phase, text, expected: 'to be observed', observed, met: null }
}
