import type { ClausePhase, Expectation, Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { Course, World } from './world.ts'

export class ClauseCourses {
  steady: Course = 'well'
  begin: Course = 'well'
  observe: Course = 'well'
  /** null: undecided. A function is asked each time. */
  met: boolean | null | (() => boolean | null) = true
  /** Beyond the end of the window. */
  afterWindowMs = 0
  /** Told what `observe` sees of its context. */
  look: (ctx: ClauseContext) => void = () => undefined
}

/** What a scenario of a test asks for; the rig finds the clause of that kind. */
export interface FakeAsk {
  readonly kind: string
  readonly phase: ClausePhase
}

export interface FakeClause {
  readonly kind: string
  expect(phase: ClausePhase): Expectation
}

/** A clause that sees what it is told to see. `lies` is for one that says "met" and looks at nothing. */
export function fakeClause(world: World, kind: string, courses: Partial<ClauseCourses> = {}): FakeClause {
  const own = Object.assign(new ClauseCourses(), courses)
  const seen = (met: boolean | null): Observation => ({ expected: `${kind} to hold`, observed: `${kind}: ${String(met)}`, met })
  const observe = async (ctx: ClauseContext): Promise<Observation> => {
    own.look(ctx)
    return world.step(
      `observe ${kind}`,
      own.observe,
      ctx.signal,
      () => seen(typeof own.met === 'function' ? own.met() : own.met),
      seen(true),
    )
  }
  const noted = (what: string) => () => {
    world.note(`${what} ${kind}`)
  }
  const begun = { observe, stop: noted('stop') }
  const begin = (ctx: ClauseContext): Promise<typeof begun> =>
    world.step(`begin ${kind}`, own.begin, ctx.signal, () => (noted('begun')(), begun), { observe, stop: () => undefined })
  return {
    kind,
    expect: (phase) => ({
      ...{ kind, phase, spec: { of: kind }, text: `the clause ${kind}`, afterWindowMs: own.afterWindowMs, missing: () => [] },
      steady: (ctx) => world.step(`steady of ${kind}`, own.steady, ctx.signal, () => ({ begin }), { begin }),
    }),
  }
}

export function clause(kind: string, phase: ClausePhase = 'during'): FakeAsk {
  return { kind, phase }
}

/** @throws Error for a kind that the test did not make. */
export function expectationOf(clauses: readonly FakeClause[], { kind, phase }: FakeAsk): Expectation {
  const found = clauses.find((one) => one.kind === kind)
  if (found === undefined) throw new Error(`the test has no clause ${kind}`)
  return found.expect(phase)
}
