import { ChaosError, describeError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { ExpectationResult } from '../core/model.ts'
import type { Probe, ProbeContext, ProbeWork } from '../core/ports.ts'
import type { Expectation, Scenario } from '../core/scenario.ts'
import { together } from './together.ts'

interface Clause {
  readonly expectation: Expectation
  readonly probe: Probe
  baseline: Json
  work: ProbeWork | null
}

/** The clauses of `expect`, with the baselines that their probes took in the steady state. */
export class ExpectationSet {
  private readonly clauses: Clause[]
  private stopped = false

  constructor(probes: ReadonlyMap<string, Probe>, scenario: Scenario) {
    this.clauses = scenario.expect.map((expectation) => {
      const probe = probes.get(expectation.probe)
      if (probe === undefined) {
        const known = [...probes.keys()].sort().join(', ')
        throw new ChaosError('BAD_INPUT', `${scenario.id}: this version has no probe ${expectation.probe} (it has: ${known})`)
      }
      return { expectation, probe, baseline: null, work: null }
    })
  }

  async takeBaselines(ctx: ProbeContext): Promise<void> {
    const takes = this.clauses.map((clause) => async (signal: AbortSignal) => {
      const { probe, expectation } = clause
      if (probe.baseline !== undefined) clause.baseline = await probe.baseline(expectation.spec, { ...ctx, signal })
    })
    await together(ctx.signal, takes)
  }

  /** The longest that a clause of the phase may need, beyond the planned end of the window where the fault is on, ms. */
  longestMs(phase: 'during' | 'after'): number {
    const clauses = this.clauses.filter(({ expectation }) => expectation.phase === phase)
    return Math.max(0, ...clauses.map(({ probe, expectation }) => probe.afterWindowMs?.(expectation.spec) ?? 0))
  }

  /** Starts what must be under way when the fault is injected. Once. */
  async begin(ctx: ProbeContext): Promise<void> {
    for (const clause of this.clauses) {
      if (clause.probe.begin === undefined || this.isStopped()) continue
      clause.work = await clause.probe.begin(clause.expectation.spec, clause.baseline, ctx)
      // Begun too late for anybody to wait for it.
      if (this.isStopped()) clause.work.stop()
    }
  }

  /** A call, as the compiler would otherwise hold the first answer for good. */
  private isStopped(): boolean {
    return this.stopped
  }

  /** Ends what `begin` started, or still starts. Idempotent. */
  stop(): void {
    this.stopped = true
    for (const clause of this.clauses) clause.work?.stop()
  }

  /** Observes all clauses of a phase at once. A probe that throws leaves its clause undecided, with the reason. */
  async observe(phase: 'during' | 'after', ctx: ProbeContext): Promise<ExpectationResult[]> {
    return Promise.all(
      this.clauses.filter((clause) => clause.expectation.phase === phase).map((clause) => observeOne(clause, ctx)),
    )
  }

  /** For a scenario that ended before a phase: its clauses were not decided. */
  undecided(phase: 'during' | 'after', why: string): ExpectationResult[] {
    return this.clauses
      .filter((clause) => clause.expectation.phase === phase)
      .map((clause) => ({
        phase,
        text: clause.probe.text(clause.expectation.spec),
        expected: 'to be observed',
        observed: why,
        met: null,
      }))
  }
}

async function observeOne(clause: Clause, ctx: ProbeContext): Promise<ExpectationResult> {
  const { probe, expectation } = clause
  const text = probe.text(expectation.spec)
  try {
    const seen = await probe.observe(expectation.spec, clause.baseline, ctx, clause.work)
    return { phase: expectation.phase, text, expected: seen.expected, observed: seen.observed, met: seen.met }
  } catch (error) {
    if (ctx.signal.aborted) throw error
    return {
      phase: expectation.phase,
      text,
      expected: 'to be observed',
      observed: `the probe broke: ${describeError(error, 500)}`,
      met: null,
    }
  }
}
