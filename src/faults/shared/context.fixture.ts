/** A context for faults whose parts are given by the test; what it does not give must not be asked for. */
import type { Mono } from '../../core/time/moment.ts'
import { systemClock } from '../../core/time/clock.ts'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { ToolboxPort } from '../../ports/toolbox.ts'
import { seededRandom } from '../../core/random.ts'
import { containers, stack, unused } from '../../ports/stack.fixture.ts'
import { helper } from '../../ports/toolbox.fixture.ts'

export { containers, descriptor, stack } from '../../ports/stack.fixture.ts'

export function toolbox(changes: Partial<ToolboxPort> = {}): ToolboxPort {
  return {
    start: unused('the start of a helper'),
    get: unused('a helper'),
    stop: unused('the stop of a helper'),
    once: unused('a short-lived helper'),
    ...changes,
  }
}

export function container(changes: Partial<ContainerState> = {}): ContainerState {
  return {
    ...{ id: 'a'.repeat(64), name: 'chaos-hand-1', service: 'hand', image: 'i', imageId: 'i', status: 'running', health: null },
    ...{ pid: 4_000, restartCount: 0, startedAt: '', oomKilled: false, exitCode: 0, addresses: {}, mounts: [] },
    ...changes,
  }
}

export interface OpenFault {
  readonly ctx: FaultContext
  /** As inject does when it returns. */
  readonly open: () => void
}

/** A window of `windowMs` that begins with `open`. */
export function faultContext(windowMs: number, changes: Partial<FaultContext> = {}): OpenFault {
  const signal = changes.signal ?? new AbortController().signal
  let number = 0
  let window: { startedMs: Mono; plannedMs: number; planned: Promise<void> } | null = null
  const ctx: FaultContext = {
    clock: systemClock,
    signal,
    log: { log: () => undefined },
    runId: 'r1',
    containers: containers(),
    toolbox: toolbox(),
    toxiproxy: unused('toxiproxy'),
    scenarioId: 'NF-001',
    random: seededRandom(1),
    stack: stack(),
    observer: helper('observer', {}),
    windowMs,
    number: () => (number += 1),
    window() {
      if (window === null) throw new ChaosError('INTERNAL', 'there is no window before inject')
      return window
    },
    hit: unused('a hit'),
    asks: () => undefined,
    ...changes,
  }
  const open = (): void => {
    window = { startedMs: systemClock.nowMs(), plannedMs: windowMs, planned: Promise.resolve() }
  }
  return { ctx, open }
}
