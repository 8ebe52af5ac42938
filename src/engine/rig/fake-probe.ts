import type { Observation, Probe } from '../../core/ports.ts'
import type { Expectation } from '../../core/scenario.ts'
import type { Course, World } from './world.ts'

export interface ProbeCourses {
  baseline: Course
  begin: Course
  observe: Course
  /** null: undecided. */
  met: boolean | null
  /** Beyond the end of the window. */
  afterWindowMs: number
  /** Told what `begin` got as its baseline. */
  begun: (baseline: unknown) => void
  /** Told what `observe` sees of its context. */
  look: (seen: Parameters<Probe['observe']>) => void
}

const WELL: ProbeCourses = {
  baseline: 'well',
  begin: 'well',
  observe: 'well',
  met: true,
  afterWindowMs: 0,
  begun: () => undefined,
  look: () => undefined,
}

/** A probe that sees what it is told to see. `lies` is for a probe that says "met" and looks at nothing. */
export function fakeProbe(world: World, kind: string, courses: Partial<ProbeCourses> = {}): Probe {
  const own = { ...WELL, ...courses }
  const seen = (met: boolean | null): Observation => ({ expected: `${kind} to hold`, observed: `${kind}: ${String(met)}`, met })
  return {
    kind,
    text: () => `the clause ${kind}`,
    baseline: (_spec, ctx) => world.step(`baseline of ${kind}`, own.baseline, ctx.signal, () => ({ before: kind }), null),
    begin: (_spec, baseline, ctx) =>
      world.step(
        `begin ${kind}`,
        own.begin,
        ctx.signal,
        () => {
          own.begun(baseline)
          world.note(`begun ${kind}`)
          return {
            stop: () => {
              world.note(`stop ${kind}`)
            },
          }
        },
        { stop: () => undefined },
      ),
    afterWindowMs: () => own.afterWindowMs,
    async observe(...args) {
      own.look(args)
      return world.step(`observe ${kind}`, own.observe, args[2].signal, () => seen(own.met), seen(true))
    },
  }
}

export function clause(probe: string, phase: Expectation['phase'] = 'during'): Expectation {
  return { probe, phase, spec: { of: probe } }
}
