/** What faults and clauses of a scenario are given. */
import type { Mono } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import type { SendWithin } from '../../core/request.ts'
import type { FaultContext, ClauseContext, ScenarioWindow, UndoContext } from '../../kinds/context.ts'
import type { EngineDeps } from '../deps.ts'
import type { FaultSet } from './fault-set.ts'
import type { ScenarioState } from './state.ts'
import { usualSince } from './steady.ts'
import type { StackCanary } from '../lanes/lane.ts'

export function undoContext(deps: EngineDeps, signal: AbortSignal): UndoContext {
  const { clock, log, runId, containers, toolbox, toxiproxy } = deps
  return { clock, log, runId, containers, toolbox, toxiproxy, signal }
}

export function faultContext(deps: EngineDeps, scenarioId: string, state: ScenarioState, signal: AbortSignal): FaultContext {
  return {
    ...undoContext(deps, signal),
    scenarioId,
    random: deps.random.fork(scenarioId),
    stack: deps.stack,
    observer: deps.observer(),
    windowMs: state.windowMs,
    number: () => (state.numbers += 1),
    window: () => openedWindow(state),
    hit: (hit) => void state.hits.push(hit),
    asks: deps.asked.tell,
  }
}

/** `steadySinceMs`: since when the steady state holds. */
export function clauseContext(
  deps: EngineDeps,
  { state, canary, faults }: { readonly state: ScenarioState; readonly canary: StackCanary; readonly faults: FaultSet },
  steadySinceMs: Mono,
  signal: AbortSignal,
): ClauseContext {
  const { clock, log, stack, containers, load } = deps
  return {
    clock,
    log,
    stack,
    containers,
    signal,
    observer: deps.observer(),
    windowMs: state.windowMs,
    window: () => openedWindow(state),
    injectedAtWallMs: state.injectedWallMs,
    faultEndedAtWallMs: state.revertedWallMs,
    load,
    canary: {
      steady: state.steady ?? usualSince(deps, canary, steadySinceMs),
      samples: (fromMs, toMs) => canary.requests.settled(fromMs, toMs, signal),
    },
    canaryDelayMs: faults.canaryDelayMs(),
    hits: () => [...state.hits],
    request: (request, limits) =>
      request.send({
        ...{ baseUrl: stack.entryUrl, variables: stack.variables, ...limits, signal },
        ...{ within: withinBy(deps), asks: deps.asked.tell },
      }),
  }
}

/** The observer is on the network of the stack. */
function withinBy({ observer }: Pick<EngineDeps, 'observer'>): SendWithin {
  return ({ service, port }, { headers, ...asked }, signal) =>
    observer().call('fetch', { target: { host: service, port }, headers: { ...headers }, ...asked }, signal)
}

function openedWindow({ window }: ScenarioState): ScenarioWindow {
  if (window === null) throw new ChaosError('INTERNAL', 'the fault window was asked for before inject')
  return window
}
