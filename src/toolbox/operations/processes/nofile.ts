/** The limit of open descriptors of a running process, lowered from outside. */
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { readDescriptors, requireProcess, requireSame, whileItLives, type DescriptorFacts } from '../../proc/process.ts'
import { mustRun } from '../../programs/run-program.ts'
import { processRef } from '../arguments.ts'

const lowerArgs = processRef.extend({ headroom: z.int().min(1).max(1_000_000) })
const HIGHEST_LIMIT = 2 ** 31
const restoreArgs = processRef.extend({ soft: z.int().min(1).max(HIGHEST_LIMIT) })

export const nofileOperations = [
  /** Lowers the soft limit of open descriptors to highest + headroom; undone by restoring it. The helper runs as the process's uid. */
  defineOperation({ name: 'nofile.lower', args: lowerArgs, limitMs: 0, run: (args, helper: Helper) => lowerLimit(helper, args) }),
  /** For an undo by a later helper: sets the soft limit back. `previousSoft` null when it is that already. */
  defineOperation({ name: 'nofile.restore', args: restoreArgs, limitMs: 0, run: restoreLimit }),
] as const

/**
 * Lowers the soft limit so that numbers up to the highest open one + `headroom` can be used. It works without any capability
 * because this helper runs as the process's own uid.
 * @throws Error when the descriptors cannot be read, or the limit is already lower.
 */
async function lowerLimit(
  state: Pick<HelperState, 'undo'>,
  args: z.output<typeof lowerArgs>,
): Promise<{ previousSoft: number; facts: DescriptorFacts }> {
  const { pid, headroom } = args
  const { startTicks } = await requireProcess(args)
  const before = await mustRead(pid)
  // A limit of L leaves the numbers below L: so many above the highest one, and not one more.
  const soft = before.highest + 1 + headroom
  if (soft >= before.softLimit) {
    throw new Error(`the limit of process ${pid} is ${before.softLimit} already: ${soft} would be no lower`)
  }
  const name = `descriptor limit ${soft} of process ${pid}`
  const restore = (): Promise<boolean> =>
    whileItLives(pid, startTicks, async () => {
      const now = await mustRead(pid)
      // Not what was set here: someone else's by now.
      if (now.softLimit !== soft) return false
      await setSoft(pid, before.softLimit, now.hardLimit)
      return true
    })
  return await state.undo.install(
    name,
    async () => ((await restore()) ? [name] : []),
    async () => {
      await requireSame(pid, startTicks)
      await setSoft(pid, soft, before.hardLimit)
      return { previousSoft: before.softLimit, facts: await mustRead(pid) }
    },
  )
}

async function restoreLimit(args: z.output<typeof restoreArgs>): Promise<{ previousSoft: number | null }> {
  await requireProcess(args)
  const now = await mustRead(args.pid)
  if (now.softLimit === args.soft) return { previousSoft: null }
  await setSoft(args.pid, args.soft, now.hardLimit)
  return { previousSoft: now.softLimit }
}

async function setSoft(pid: number, soft: number, hard: number): Promise<void> {
  const word = (limit: number): string => (Number.isFinite(limit) ? String(limit) : 'unlimited')
  await mustRun('prlimit', ['--pid', String(pid), `--nofile=${word(soft)}:${word(hard)}`])
  const now = await mustRead(pid)
  if (now.softLimit !== soft) throw new Error(`the limit of process ${pid} was set to ${soft}, but is ${now.softLimit}`)
}

async function mustRead(pid: number): Promise<DescriptorFacts> {
  const facts = await readDescriptors(pid)
  if (facts === null)
    throw new Error(`the descriptors of process ${pid} cannot be read: it is gone, or has another user than this helper`)
  return facts
}
