/** Signals from the host's pid namespace: to the kernel a crash like any other, so the restart policy stays in force. */
import type { ProcessRef } from '../../core/toolbox.ts'
import type { HelperState } from '../helper.ts'
import { requireProcess, requireSame, whileItLives } from '../proc/process.ts'

export const SIGNALS = [
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
export type AllowedSignal = (typeof SIGNALS)[number]

/** @throws Error when the process is gone, belongs elsewhere, or may not be signalled. */
export async function signalProcess(
  state: Pick<HelperState, 'undo'>,
  args: ProcessRef & { readonly signal: string },
): Promise<{ startTicks: number }> {
  const signal = SIGNALS.find((name) => name === args.signal)
  if (signal === undefined) throw new Error(`${args.signal} is not sent; these are: ${SIGNALS.join(', ')}`)
  if (signal !== 'SIGSTOP') return { startTicks: await send(args, signal) }
  let stopped: number | null = null
  const name = `SIGSTOP of process ${String(args.pid)}`
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

async function send(ref: ProcessRef, signal: AllowedSignal): Promise<number> {
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
