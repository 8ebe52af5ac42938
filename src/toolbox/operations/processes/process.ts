/**
 * One process of a container: what can be seen of it, and signals from the host's pid namespace. To the kernel those are a
 * crash like any other, so the restart policy stays in force. Needs the host's pid namespace, as all that take a ProcessRef.
 */
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper, HelperState } from '../../helper.ts'
import { lookAtProcess, requireProcess, requireSame, whileItLives } from '../../proc/process.ts'
import { processRef, type ProcessRef } from '../arguments.ts'

export type { DescriptorFacts, ProcessFacts } from '../../proc/process.ts'

const SIGNALS = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGSEGV',
  'SIGHUP',
  'SIGSTOP',
  'SIGCONT',
  'SIGUSR1',
  'SIGUSR2',
] as const satisfies readonly NodeJS.Signals[]

const signalArgs = processRef.extend({ signal: z.enum(SIGNALS) })
type SignalArgs = z.output<typeof signalArgs>

export const processOperations = [
  defineOperation({ name: 'process.look', args: processRef, limitMs: 0, run: lookAtProcess }),
  /**
   * Sends a signal after reading that the pid's cgroup names the container. A SIGSTOP is undone by SIGCONT when the helper
   * ends. @throws when the process is gone or belongs elsewhere.
   */
  defineOperation({
    name: 'process.signal',
    args: signalArgs,
    limitMs: 0,
    run: (args, helper: Helper) => signalProcess(helper, args),
  }),
] as const

/** @throws Error when the process is gone, belongs elsewhere, or may not be signalled. */
export async function signalProcess(state: Pick<HelperState, 'undo'>, args: SignalArgs): Promise<{ startTicks: number }> {
  const { signal } = args
  if (signal !== 'SIGSTOP') return { startTicks: await send(args, signal) }
  let stopped: number | null = null
  const name = `SIGSTOP of process ${args.pid}`
  return await state.undo.install(
    name,
    // One that was never sent a SIGSTOP by us may be stopped all the same, by someone else.
    async () => (stopped !== null && (await goOn(args, stopped)) ? [name] : []),
    async () => {
      stopped = await send(args, signal)
      return { startTicks: stopped }
    },
  )
}

async function send(ref: ProcessRef, signal: SignalArgs['signal']): Promise<number> {
  const { startTicks } = await requireProcess(ref)
  process.kill(ref.pid, signal)
  return startTicks
}

/**
 * True when it was stopped, and is not any more. SIGCONT also takes back a SIGSTOP that has not arrived yet, and means
 * nothing to a process that goes on: so it is sent to the same process in whatever state.
 */
async function goOn(ref: ProcessRef, startTicks: number): Promise<boolean> {
  return await whileItLives(ref.pid, startTicks, async () => {
    const { state } = await requireSame(ref.pid, startTicks)
    await send(ref, 'SIGCONT')
    return state === 'T'
  })
}
