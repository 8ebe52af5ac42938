/** Whose descriptors run out, and what it takes to give them back. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { HelperRequest } from '../../ports/toolbox.ts'
import { withDeadline } from '../../core/time/wait.ts'
import type { DescriptorFacts, ProcessFacts } from '../../toolbox/operations/processes/process.ts'
import { hostHelper } from '../shared/host-helpers.ts'
import { runningState } from '../shared/containers/main-process.ts'
import { helperName } from '../shared/names.ts'
import { targetContainer } from '../shared/plan-schema.ts'
import { asTarget, chooseTarget } from '../shared/containers/targets.ts'

export const descriptorsPlan = z.strictObject({
  target: z.string(),
  headroom: z.number(),
  container: targetContainer,
  /** The main process as it was: a later one with the same pid is left alone. */
  process: z.strictObject({ pid: z.number(), startTicks: z.number(), user: z.string() }),
  /** Soft limit to go back to. */
  previousSoft: z.number(),
  /** Helper in the host's pid namespace, as the process's user. */
  helper: z.string(),
  /** Helper on the stack's network that holds the connections. */
  holder: z.string(),
  /** Health page: where the connections go. */
  page: z.strictObject({ port: z.number(), path: z.string() }),
})
export type FileDescriptorsPlan = Readonly<z.infer<typeof descriptorsPlan>>

/** Soft limit of one container of the target lowered to its highest open descriptor + headroom, the rest held by sockets. */
export type FileDescriptorsSpec = Pick<FileDescriptorsPlan, 'target' | 'headroom'>

const LOOK_LIMIT_MS = 5_000

/**
 * A process may look into another one of its own user, and change its limits. Root's processes often have capabilities, and
 * looking into those takes one as well.
 */
export function limitHelper(name: string, user: string): HelperRequest {
  return hostHelper(name, { user, capabilities: user.startsWith('0:') ? ['SYS_PTRACE'] : [] })
}

/** @throws CAPABILITY_MISSING for a service without a health page, or a process that cannot be looked into. */
export async function resolveDescriptors(
  { target, headroom }: FileDescriptorsSpec,
  ctx: FaultContext,
): Promise<FileDescriptorsPlan> {
  const { descriptor } = ctx.stack
  const page = descriptor.services.find(({ name }) => name === target)?.health ?? null
  if (page === null) {
    throw new ChaosError(
      'CAPABILITY_MISSING',
      `the descriptors of '${target}' are used up by connections to its health page, and the descriptor declares none`,
      { hint: `Give the service ${target} a 'health' in ${descriptor.file}.` },
    )
  }
  const { state } = await chooseTarget(target, ctx)
  const [helper, holder] = [helperName(ctx, 'nofile'), helperName(ctx, 'holder')]
  const { pid } = await runningState(state, ctx)
  const ref = { pid, containerId: state.id }
  const who = await ctx.toolbox.once(hostHelper(`${helper}-who`, { capabilities: [] }), 'process.look', ref, ctx.signal)
  if (who === null || !who.alive || who.uid === null || who.gid === null || who.startTicks === null) {
    throw new ChaosError('TARGET_NOT_FOUND', `the main process ${pid} of ${state.name} is gone, or is none of that container`)
  }
  const user = `${who.uid}:${who.gid}`
  const facts = await ctx.toolbox.once(limitHelper(`${helper}-look`, user), 'process.look', ref, ctx.signal)
  const { softLimit } = requireRoom(facts?.descriptors ?? null, headroom, state.name)
  return {
    ...{ target, headroom, container: asTarget(state), helper, holder, page: { ...page } },
    process: { pid, startTicks: who.startTicks, user },
    previousSoft: softLimit,
  }
}

/** Pure. @throws CAPABILITY_MISSING when there is nothing to lower, or it cannot be seen. */
export function requireRoom(facts: DescriptorFacts | null, headroom: number, name: string): DescriptorFacts {
  if (facts === null) {
    throw new ChaosError('CAPABILITY_MISSING', `the open descriptors of ${name} cannot be read, even as its own user`)
  }
  // JSON has no word for a limit that is none.
  if (!Number.isFinite(facts.softLimit)) {
    throw new ChaosError('CAPABILITY_MISSING', `the descriptors of ${name} have no limit that could be put back`, {
      hint: 'Give the service ulimits.nofile.',
    })
  }
  const lowered = facts.highest + 1 + headroom
  if (lowered < facts.softLimit) return facts
  throw new ChaosError(
    'BAD_INPUT',
    `${name} may open ${facts.softLimit} descriptors, and ${headroom} more than its highest are ${lowered}: that would be no lower limit`,
    { hint: 'Give the entry a smaller number.' },
  )
}

/** The planned process as it is now; null when it is gone. */
export async function lookAgain(plan: FileDescriptorsPlan, ctx: UndoContext): Promise<ProcessFacts | null> {
  const ref = { pid: plan.process.pid, containerId: plan.container.id }
  const request = limitHelper(`${plan.helper}-check`, plan.process.user)
  const facts = await withDeadline(`a look at ${plan.container.name}`, LOOK_LIMIT_MS, ctx.signal, (signal) =>
    ctx.toolbox.once(request, 'process.look', ref, signal),
  )
  return facts !== null && isPlanned(plan, facts) ? facts : null
}

export function isPlanned({ process }: Pick<FileDescriptorsPlan, 'process'>, { alive, startTicks }: ProcessFacts): boolean {
  return alive && startTicks === process.startTicks
}

/** Its limit is still lower than it was. */
export function isLowered({ previousSoft }: FileDescriptorsPlan, { descriptors }: ProcessFacts): boolean {
  return descriptors !== null && descriptors.softLimit < previousSoft
}

/** Raises the limit again where the helper has not done it itself. Idempotent. */
export async function restoreLimit(plan: FileDescriptorsPlan, ctx: UndoContext): Promise<void> {
  const facts = await lookAgain(plan, ctx)
  if (facts === null || !isLowered(plan, facts)) return
  const args = { pid: plan.process.pid, containerId: plan.container.id, soft: plan.previousSoft }
  const request = limitHelper(`${plan.helper}-restore`, plan.process.user)
  await withDeadline(`restoring the limit of ${plan.container.name}`, LOOK_LIMIT_MS, ctx.signal, (signal) =>
    ctx.toolbox.once(request, 'nofile.restore', args, signal),
  )
}
