/** The limit of open descriptors of a running process, lowered from outside. */
import type { DescriptorFacts, ProcessRef } from '../core/toolbox.ts'
import { requireMember } from './cgroup-membership.ts'
import type { HelperState } from './helper-state.ts'
import { readDescriptors, readStat } from './process-facts.ts'
import { mustRun } from './run-program.ts'

/**
 * Lowers the soft limit so that numbers up to the highest open one + `headroom` can be used. It works without any capability
 * because this helper runs as the process's own uid.
 * @throws Error when the descriptors cannot be read, or the limit is already lower.
 */
export async function lowerLimit(
  state: Pick<HelperState, 'undo'>,
  args: ProcessRef & { readonly headroom: number },
): Promise<{ previousSoft: number; facts: DescriptorFacts }> {
  await requireMember(args)
  const before = await mustRead(args.pid)
  const stat = await readStat(args.pid)
  if (stat === null) throw new Error(`there is no process ${String(args.pid)} any more`)
  const soft = before.highest + 1 + args.headroom
  if (soft >= before.softLimit) {
    throw new Error(
      `the limit of process ${String(args.pid)} is ${String(before.softLimit)} already: ${String(soft)} would be no lower`,
    )
  }
  const name = `descriptor limit ${String(soft)} of process ${String(args.pid)}`
  const restore = async (): Promise<string[]> => {
    const now = await readStat(args.pid)
    if (now?.startTicks !== stat.startTicks || now.state === 'Z') return []
    const limits = await readDescriptors(args.pid)
    if (limits === null || limits.softLimit !== soft) return []
    await setSoft(args.pid, before.softLimit, before.hardLimit)
    return [name]
  }
  return await state.undo.install(name, restore, async () => {
    await setSoft(args.pid, soft, before.hardLimit)
    return { previousSoft: before.softLimit, facts: await mustRead(args.pid) }
  })
}

/** Sets the soft limit back, for an undo by a later helper. @returns what it was set from, or null when there is nothing to do. */
export async function restoreLimit(args: ProcessRef & { readonly soft: number }): Promise<{ previousSoft: number } | null> {
  await requireMember(args)
  const now = await mustRead(args.pid)
  if (now.softLimit === args.soft) return null
  await setSoft(args.pid, args.soft, now.hardLimit)
  return { previousSoft: now.softLimit }
}

async function setSoft(pid: number, soft: number, hard: number): Promise<void> {
  const word = (limit: number): string => (Number.isFinite(limit) ? String(limit) : 'unlimited')
  await mustRun('prlimit', ['--pid', String(pid), `--nofile=${word(soft)}:${word(hard)}`])
  const now = await mustRead(pid)
  if (now.softLimit !== soft)
    throw new Error(`the limit of process ${String(pid)} was set to ${String(soft)}, but is ${String(now.softLimit)}`)
}

async function mustRead(pid: number): Promise<DescriptorFacts> {
  const facts = await readDescriptors(pid)
  if (facts === null)
    throw new Error(`the descriptors of process ${String(pid)} cannot be read: it is gone, or has another user than this helper`)
  return facts
}
