import { ChaosError } from '../core/errors.ts'
import type { CrashSpec, CrashTiming, SignalPath } from '../core/faults.ts'
import type { ContainerState, FaultContext } from '../core/ports.ts'
import { extraRule } from './extra-containers.ts'
import type { ExtraRule } from './extra-containers.ts'
import { touchesEverything } from './links.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { requirePool } from './pool-members.ts'
import { workRequest } from './pool-work.ts'
import { asTarget, chooseSome, resolveCount, runningTargets } from './targets.ts'
import type { TargetContainer } from './targets.ts'

export type CrashPlan = {
  /** Name of the helper that sends the signal; with `via: api` there is none of that name. */
  readonly helper: string
  readonly target: string
  readonly signal: string
  readonly via: SignalPath
  readonly timing: CrashTiming
  readonly count: number
  /** `50 % of 4 → 2`, or `one more`. */
  readonly choice: string
  /** `random`: those that are hit. `during_inference`: those that may be. `during_registration`: none, as it does not exist yet. */
  readonly containers: readonly TargetContainer[]
  /** By which the container that is added for a registration is found. */
  readonly extra: ExtraRule | null
  readonly everything: boolean
}

/** @throws TARGET_NOT_FOUND, CAPABILITY_MISSING for a timing that the stack's pool cannot resolve, BAD_INPUT. */
export async function planCrash(spec: CrashSpec, ctx: FaultContext, names: NameSequence): Promise<CrashPlan> {
  const { target, signal, via } = spec
  const timing = spec.timing ?? 'random'
  const running = await runningTargets(target, ctx)
  const { number: count, text } = resolveCount(spec.count, running.length)
  const choice = timing === 'during_registration' ? 'one more' : text
  return {
    helper: helperName(ctx, 'crash', names.next(ctx)),
    ...{ target, signal, via, timing, count, choice },
    ...(await resolveTiming(timing, { target, count, running }, ctx)),
    everything: touchesEverything([target], ctx.stack.descriptor),
  }
}

interface Wanted {
  readonly target: string
  readonly count: number
  readonly running: readonly ContainerState[]
}

async function resolveTiming(
  timing: CrashTiming,
  { target, count, running }: Wanted,
  ctx: FaultContext,
): Promise<Pick<CrashPlan, 'containers' | 'extra'>> {
  switch (timing) {
    case 'random':
      return { containers: chooseSome(running, count, ctx.random).map(asTarget), extra: null }
    case 'during_inference':
      workRequest(requirePool(target, 'a crash during inference', ctx).spec, ctx)
      return { containers: running.map(asTarget), extra: null }
    case 'during_registration':
      requirePool(target, 'a crash during registration', ctx)
      if (count !== 1) {
        throw new ChaosError('BAD_INPUT', 'a crash during registration hits the one container that is added for it', {
          hint: 'leave count out',
        })
      }
      return { containers: [], extra: extraRule(target, await ctx.containers.list(target, ctx.signal)) }
  }
}
