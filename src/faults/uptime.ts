import type { FaultContext } from '../core/ports.ts'
import { waitUntil } from '../core/wait.ts'
import type { TargetContainer } from './targets.ts'

/** Docker doubles the pause before a restart, from 0.1 s to a minute, until a container has run for this long. */
const SETTLED_AFTER_MS = 10_000
/** What runs when it begins has to wait no longer than that; the rest is for a clock that differs, and a slow daemon. */
const LIMIT_MS = 15_000

/**
 * Waits until each container has run for so long that its next restart comes without a pause. One without a restart policy
 * is not waited for.
 * @throws TIMEOUT when one of them does not stay up: the stack is not steady.
 */
export async function awaitSettled(containers: readonly TargetContainer[], ctx: FaultContext): Promise<void> {
  const waiting = containers.filter(({ restartPolicy }) => restartPolicy !== 'no')
  const youngestMs = async (signal: AbortSignal): Promise<number> => {
    const states = await Promise.all(waiting.map(({ id }) => ctx.containers.inspect(id, signal)))
    return Math.min(...states.map((state) => uptimeMs(state, ctx.clock.wallMs())))
  }
  const what = `10 s of uptime of ${waiting.map(({ name }) => name).join(', ')}`
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  await waitUntil(what, youngestMs, (ms) => ms >= SETTLED_AFTER_MS, options)
}

/** 0 while it does not run. */
export function uptimeMs(state: { readonly status: string; readonly startedAt: string } | null, wallMs: number): number {
  if (state?.status !== 'running') return 0
  const startedMs = Date.parse(state.startedAt)
  return Number.isNaN(startedMs) ? 0 : Math.max(0, wallMs - startedMs)
}
