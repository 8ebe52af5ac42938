/** A context for probes whose parts are given by the test; what it does not give must not be asked for. */
import { systemClock } from '../core/clock.ts'
import type { Descriptor, RequestSpec } from '../core/descriptor.ts'
import { summarizeCanary } from '../core/canary.ts'
import { ChaosError } from '../core/errors.ts'
import type { ContainerPort, PoolPort, ProbeContext, RunningStack } from '../core/ports.ts'

function unused(what: string): () => never {
  return () => {
    throw new Error(`${what} is not given by this test`)
  }
}

export const GET: RequestSpec = {
  method: 'GET',
  path: '/',
  headers: {},
  body: null,
  good: { status: [200], bodyMatches: null },
}

export function descriptor(changes: Partial<Descriptor> = {}): Descriptor {
  return {
    name: 'test',
    reference: false,
    file: 'stack.json',
    composeFiles: [],
    images: [],
    secrets: [],
    services: [],
    stacks: 1,
    cpuQuotas: 'from_start',
    entry: { service: 'web', port: 80 },
    toxiproxy: null,
    links: [],
    defaultLink: null,
    requests: { page: GET },
    canary: { request: 'page', ratePerSecond: 10 },
    pool: null,
    vram: null,
    completed: null,
    scenarioFiles: [],
    loadFolders: [],
    defects: null,
    ...changes,
  }
}

export function stack(changes: Partial<RunningStack> = {}): RunningStack {
  return {
    descriptor: descriptor(),
    project: 'test',
    network: 'test',
    entryUrl: 'http://127.0.0.1:1',
    images: [],
    variables: {},
    link: unused('a link'),
    toxiproxy: () => null,
    pool: (): PoolPort | null => null,
    completed: unused('the completed jobs'),
    scaleUp: unused('scaling up'),
    liftCpuQuotas: unused('lifting CPU quotas'),
    unhealthy: unused('the health'),
    recreate: unused('recreating'),
    ...changes,
  }
}

export function containers(changes: Partial<ContainerPort> = {}): ContainerPort {
  return {
    list: unused('a list of containers'),
    all: unused('a list of containers'),
    glance: unused('a glance at the containers'),
    inspect: unused('the state of a container'),
    logs: unused('a log'),
    act: unused('an action'),
    events: unused('events'),
    ...changes,
  }
}

export interface OpenContext {
  readonly ctx: ProbeContext
  /** As inject does when it returns. */
  readonly open: () => void
}

/** A window of `windowMs` that begins with `open`. */
export function openContext(windowMs: number, changes: Partial<ProbeContext> = {}): OpenContext {
  const signal = changes.signal ?? AbortSignal.timeout(20_000)
  let window: { startedMs: number; plannedMs: number; planned: Promise<void> } | null = null
  let wallMs = 0
  const ctx: ProbeContext = {
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
    canary: { steady: summarizeCanary([], 0, 0), samples: unused('canary samples') },
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
