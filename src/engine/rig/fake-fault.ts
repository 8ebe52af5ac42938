import { ChaosError } from '../../core/errors.ts'
import type { Evidence } from '../../core/model.ts'
import type { Fault, FaultDescription } from '../../core/ports.ts'
import type { FaultRequest } from '../../core/scenario.ts'
import type { Course, Plan, World } from './world.ts'

export interface FaultCourses {
  /** `skips`: a capability is missing. */
  plan: Course | 'skips'
  prepare: Course
  inject: Course
  /** `lies`: it says that it bites, whatever is so. */
  effect: Course
  revert: Course
  leftovers: Course
  describe: Partial<FaultDescription>
  usualMs: number
  /** Things that it holds besides its target: what a test wants to see left over. */
  leaves: readonly string[]
  /** Containers that inject tells to have hit. */
  hits: readonly string[]
}

const WELL: FaultCourses = {
  plan: 'well',
  prepare: 'well',
  inject: 'well',
  effect: { afterMs: 1_000 },
  revert: 'well',
  leftovers: 'well',
  describe: {},
  usualMs: 0,
  leaves: [],
  hits: [],
}

/** A fault of kind `kind` that breaks the target that its spec names. */
export function fakeFault(world: World, kind: string, courses: Partial<FaultCourses> = {}): Fault {
  const own = { ...WELL, ...courses }
  const nameOf = (plan: unknown): string => (plan as Plan).name
  const targetOf = (plan: unknown): string => (plan as Plan).target
  const fault: Fault = {
    kind,
    plan(spec, ctx) {
      const target = (spec as Plan).target
      const plan: Plan = { target, name: `${kind} on ${target}` }
      if (own.plan === 'skips') {
        world.note(`plan ${plan.name}`)
        return Promise.reject(new ChaosError('CAPABILITY_MISSING', `there is no ${kind} here`))
      }
      return world.step(`plan ${plan.name}`, own.plan, ctx.signal, () => plan, { ...plan, target: 'nothing' })
    },
    prepare: (plan, ctx) => world.step(`prepare ${nameOf(plan)}`, own.prepare, ctx.signal, () => undefined, undefined),
    inject(plan, ctx) {
      const act = (): void => {
        world.broken.add(targetOf(plan))
        for (const name of own.hits) {
          const [atMs, atWallMs] = [ctx.clock.nowMs(), ctx.clock.wallMs()]
          ctx.hit({ containerId: `${name}0123456789ab`, name, service: targetOf(plan), pid: 42, atMs, atWallMs, member: null })
        }
      }
      return world.step(`inject ${nameOf(plan)}`, own.inject, ctx.signal, act, undefined)
    },
    effect(plan, ctx) {
      const bites = (): Evidence => evidence(world.broken.has(targetOf(plan)), nameOf(plan))
      return world.step(`effect ${nameOf(plan)}`, own.effect, ctx.signal, bites, evidence(true, nameOf(plan)))
    },
    revert(plan, ctx) {
      const act = (): void => void world.broken.delete(targetOf(plan))
      return world.step(`revert ${nameOf(plan)}`, own.revert, ctx.signal, act, undefined)
    },
    leftovers(plan, ctx) {
      const look = (): string[] => [...(world.broken.has(targetOf(plan)) ? [`${nameOf(plan)} is still on`] : []), ...own.leaves]
      return world.step(`leftovers ${nameOf(plan)}`, own.leftovers, ctx.signal, look, [])
    },
    describe: (plan) => ({
      targets: [targetOf(plan)],
      services: [targetOf(plan)],
      mechanism: `a fake ${kind}`,
      canaryDelayMs: null,
      everything: false,
      ...own.describe,
    }),
    usualMs: () => own.usualMs,
  }
  return fault
}

function evidence(confirmed: boolean, name: string): Evidence {
  return {
    confirmed,
    summary: confirmed ? `${name} bites` : `${name} does nothing`,
    mechanism: 'by hand',
    measures: { share: confirmed ? 1 : 0 },
    reasons: confirmed ? [] : [`${name} was not seen to bite`],
  }
}

export function request(kind: string, target: string): FaultRequest {
  return { kind, spec: { target } }
}
