/** A context for clauses whose parts are given by the test; what it does not give must not be asked for. */
import { EPOCH, monoAt, type Mono } from '../../core/time/moment.ts'
import { systemClock } from '../../core/time/clock.ts'
import { summarizeCanary } from '../../core/canary.ts'
import { ChaosError } from '../../core/errors.ts'
import type { BegunClause, Expectation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { containers, stack, unused } from '../../ports/stack.fixture.ts'

export { containers, descriptor, GET, stack } from '../../ports/stack.fixture.ts'

export interface OpenContext {
  readonly ctx: ClauseContext
  /** As inject does when it returns. */
  readonly open: () => void
}

/** A window of `windowMs` that begins with `open`. */
export function openContext(windowMs: number, changes: Partial<ClauseContext> = {}): OpenContext {
  const signal = changes.signal ?? AbortSignal.timeout(20_000)
  let window: { startedMs: Mono; plannedMs: number; planned: Promise<void> } | null = null
  let wallMs = EPOCH
  const ctx: ClauseContext = {
    clock: systemClock,
    signal,
    log: { log: () => undefined },
    stack: stack(),
    observer: { name: 'observer', call: unused('the observer') },
    containers: containers(),
    windowMs,
    window() {
      if (window === null) throw new ChaosError('INTERNAL', 'there is no window before inject')
      return window
    },
    get injectedAtWallMs() {
      return wallMs
    },
    faultEndedAtWallMs: null,
    load: null,
    canary: { steady: summarizeCanary([], monoAt(0), monoAt(0)), samples: unused('canary samples') },
    canaryDelayMs: null,
    hits: () => [],
    request: unused('a request'),
    ...changes,
  }
  const open = (): void => {
    window = { startedMs: systemClock.nowMs(), plannedMs: windowMs, planned: systemClock.sleep(windowMs, signal) }
    window.planned.catch(() => undefined)
    wallMs = systemClock.wallMs()
  }
  return { ctx, open }
}

/** Brings a clause to where it is just before the fault. */
export async function begin(clause: Expectation, ctx: ClauseContext): Promise<BegunClause> {
  return (await clause.steady(ctx)).begin(ctx)
}
