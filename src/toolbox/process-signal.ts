/** Signals from the host's pid namespace: to the kernel a crash like any other, so the restart policy stays in force. */
import type { ProcessRef } from '../core/toolbox.ts'
import { requireMember } from './cgroup-membership.ts'
import type { HelperState } from './helper-state.ts'
import { readStat } from './process-facts.ts'

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
  let startTicks: number | null = null
  const name = `SIGSTOP of process ${String(args.pid)}`
  return await state.undo.install(
    name,
    async () => ((await goOn(args, startTicks)) ? [name] : []),
    async () => {
      startTicks = await send(args, signal)
      return { startTicks }
    },
  )
}

/** The process is the same one before and after its cgroup is read: what is signalled is what was looked at. */
async function send(ref: ProcessRef, signal: AllowedSignal): Promise<number> {
  const before = await readStat(ref.pid)
  await requireMember(ref)
  const after = await readStat(ref.pid)
  if (before === null || after?.startTicks !== before.startTicks)
    throw new Error(`there is no process ${String(ref.pid)} any more`)
  if (after.state === 'Z') throw new Error(`process ${String(ref.pid)} is dead already`)
  process.kill(ref.pid, signal)
  return after.startTicks
}

/** True when it was stopped, and is not any more. One that has died, or was let go on by others, is left alone. */
async function goOn(ref: ProcessRef, startTicks: number | null): Promise<boolean> {
  const now = await readStat(ref.pid)
  if (now === null || (startTicks !== null && now.startTicks !== startTicks) || now.state !== 'T') return false
  await send(ref, 'SIGCONT')
  return true
}
