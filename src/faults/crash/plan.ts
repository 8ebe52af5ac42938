/** What a crash asks for, and what its undo needs. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { Counted } from '../shared/entry-keys.ts'
import { helperName } from '../shared/names.ts'
import { listOf, targetContainer } from '../shared/plan-schema.ts'
import { requirePool } from '../shared/containers/pool-members.ts'
import { workRequest } from '../shared/containers/pool-work.ts'
import { asTarget, chooseSome, resolveCount, runningTargets } from '../shared/containers/targets.ts'
import { extraRule, extraRuleSchema } from './extra-containers.ts'

/** All of which end a process that does nothing about them. */
export const CRASH_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGSEGV', 'SIGHUP'] as const

export const CRASH_TIMINGS = ['during_inference', 'during_registration', 'random'] as const

/**
 * `kernel` signals the main process from the host's pid namespace, as a crash does: the restart policy stays in force.
 * `api` goes through the daemon, which counts as a stop by hand: the container stays down until it is started.
 */
export const SIGNAL_PATHS = ['kernel', 'api'] as const

export const crashPlan = z.strictObject({
  /** Name of the helper that sends the signal; with `via: api` there is none of that name. */
  helper: z.string(),
  target: z.string(),
  signal: z.enum(CRASH_SIGNALS),
  via: z.enum(SIGNAL_PATHS),
  timing: z.enum(CRASH_TIMINGS),
  count: z.number(),
  /** `50 % of 4 → 2`, or `one more`. */
  choice: z.string(),
  /** `random`: those that are hit. `during_inference`: those that may be. `during_registration`: none, as it does not exist yet. */
  containers: listOf(targetContainer),
  /** By which the container that is added for a registration is found. */
  extra: extraRuleSchema.nullable(),
})
export type CrashPlan = Readonly<z.infer<typeof crashPlan>>

/** A signal that ends the main process of one container of the target or several at once. */
export interface CrashSpec extends Pick<CrashPlan, 'target' | 'signal' | 'via'>, Counted {
  /** null is `random`: any running container, at once. */
  readonly timing: CrashPlan['timing'] | null
}

/** @throws TARGET_NOT_FOUND, CAPABILITY_MISSING for a timing that the stack's pool cannot resolve, BAD_INPUT. */
export async function resolveCrash(spec: CrashSpec, ctx: FaultContext): Promise<CrashPlan> {
  const { target, signal, via } = spec
  const timing = spec.timing ?? 'random'
  const running = await runningTargets(target, ctx)
  const { number: count, text } = resolveCount(spec.count, running.length)
  const choice = timing === 'during_registration' ? 'one more' : text
  return {
    helper: helperName(ctx, 'crash'),
    ...{ target, signal, via, timing, count, choice },
    ...(await resolveTiming(timing, { target, count, running }, ctx)),
  }
}

async function resolveTiming(
  timing: CrashPlan['timing'],
  { target, count, running }: Pick<CrashPlan, 'target' | 'count'> & { readonly running: readonly ContainerState[] },
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
