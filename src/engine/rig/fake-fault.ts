import { instantOf } from '../../core/time/clock.ts'
import { ChaosError } from '../../core/errors.ts'
import type { Evidence } from '../../core/result/scenario.ts'
import * as z from 'zod'
import type { FaultDescription, FaultRequest } from '../../kinds/fault.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { Course, Plan, World } from './world.ts'

export class FaultCourses {
  /** `skips`: a capability is missing. */
  plan: Course | 'skips' = 'well'
  prepare: Course = 'well'
  inject: Course = 'well'
  /** `lies`: it says that it bites, whatever is so. */
  effect: Course = { afterMs: 1_000 }
  revert: Course = 'well'
  leftovers: Course = 'well'
  /** What its effect says instead. */
  evidence: Partial<Evidence> = {}
  describe: Partial<FaultDescription> = {}
  usualMs = 0
  /** Things that it holds besides its target: what a test wants to see left over. */
  leaves: readonly string[] = []
  /** Containers that inject tells to have hit. */
  hits: readonly string[] = []
}

interface FakeSpec {
  readonly target: string
}

/** A fault step by step, so that a test may put another in the place of one. */
export interface FakeFault {
  readonly kind: string
  plan(spec: FakeSpec, ctx: FaultContext): Promise<Plan>
  prepare(plan: Plan, ctx: FaultContext): Promise<void>
  inject(plan: Plan, ctx: FaultContext): Promise<void>
  effect(plan: Plan, ctx: FaultContext): Promise<Evidence>
  revert(plan: Plan, ctx: UndoContext): Promise<void>
  leftovers(plan: Plan, ctx: UndoContext): Promise<string[]>
  describe(plan: Plan): FaultDescription
  usualMs(): number
}

/** What a scenario of a test asks for; the rig finds the fault of that kind. */
export interface FakeRequest {
  readonly kind: string
  readonly target: string
}

export function request(kind: string, target: string): FakeRequest {
  return { kind, target }
}

const planSchema = z.strictObject({ target: z.string(), name: z.string() })

/** @throws Error when no fault of the test has that kind. */
export function requestOf(faults: readonly FakeFault[], { kind, target }: FakeRequest): FaultRequest {
  const fault = faults.find((one) => one.kind === kind)
  if (fault === undefined) throw new Error(`the test has no fault of kind ${kind}`)
  return defineFault({
    ...fault,
    record: { version: 1, schema: planSchema },
    resolve: (spec: FakeSpec, ctx) => fault.plan(spec, ctx),
    arm: (plan, ctx) => fault.prepare(plan, ctx),
  }).request({ target })
}

/** A fault of kind `kind` that breaks the target that its spec names. */
export function fakeFault(world: World, kind: string, courses: Partial<FaultCourses> = {}): FakeFault {
  const own = Object.assign(new FaultCourses(), courses)
  return {
    kind,
    plan({ target }, ctx) {
      const plan: Plan = { target, name: `${kind} on ${target}` }
      if (own.plan === 'skips') {
        world.note(`plan ${plan.name}`)
        return Promise.reject(new ChaosError('CAPABILITY_MISSING', `there is no ${kind} here`))
      }
      return world.step(`plan ${plan.name}`, own.plan, ctx.signal, () => plan, { ...plan, target: 'nothing' })
    },
    prepare: (plan, ctx) => world.step(`prepare ${plan.name}`, own.prepare, ctx.signal, () => undefined, undefined),
    inject(plan, ctx) {
      const act = (): void => {
        world.broken.add(plan.target)
        for (const name of own.hits) {
          const at = instantOf(ctx.clock)
          ctx.hit({ containerId: `${name}0123456789ab`, name, service: plan.target, pid: 42, ...at, member: null })
        }
      }
      return world.step(`inject ${plan.name}`, own.inject, ctx.signal, act, undefined)
    },
    effect(plan, ctx) {
      const bites = (): Evidence => ({ ...evidence(world.broken.has(plan.target), plan.name), ...own.evidence })
      return world.step(`effect ${plan.name}`, own.effect, ctx.signal, bites, evidence(true, plan.name))
    },
    revert(plan, ctx) {
      const act = (): void => void world.broken.delete(plan.target)
      return world.step(`revert ${plan.name}`, own.revert, ctx.signal, act, undefined)
    },
    leftovers(plan, ctx) {
      const look = (): string[] => [...(world.broken.has(plan.target) ? [`${plan.name} is still on`] : []), ...own.leaves]
      return world.step(`leftovers ${plan.name}`, own.leftovers, ctx.signal, look, [])
    },
    describe: (plan) => ({
      targets: [plan.target],
      services: [plan.target],
      mechanism: `a fake ${kind}`,
      canaryDelayMs: null,
      everything: false,
      ...own.describe,
    }),
    usualMs: () => own.usualMs,
  }
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
