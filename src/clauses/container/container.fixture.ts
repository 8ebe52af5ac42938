/** Containers of one service around the moment at which a fault hit the first of them. */
import { mono, wall } from '../../core/time/moment.fixture.ts'
import { later, type Wall } from '../../core/time/moment.ts'
import type { Hit } from '../../kinds/context.ts'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'
import type { Subject } from './life.ts'

/** Wall clock of the hit. */
export const HIT_MS = wall(1_000_000)

export function event(
  afterMs: number,
  action: string,
  attributes: Record<string, string> = {},
  containerId = 'w1',
): ContainerEvent {
  return { atMs: later(HIT_MS, afterMs), action, containerId, service: 'worker', attributes }
}

export function died(afterMs: number, exitCode = '137', containerId = 'w1'): ContainerEvent {
  return event(afterMs, 'die', { exitCode }, containerId)
}

/** The first of them, running as another process than the one that was hit. */
export function state(change: Partial<ContainerState> = {}): ContainerState {
  return {
    id: 'w1',
    name: 'worker-1',
    service: 'worker',
    image: 'worker',
    imageId: 'sha256:1',
    status: 'running',
    health: 'healthy',
    pid: 200,
    restartCount: 1,
    startedAt: '2026-01-01T00:00:10Z',
    oomKilled: false,
    exitCode: 0,
    addresses: {},
    mounts: [],
    ...change,
  }
}

export function subject(id = 'w1', change: Partial<Subject> = {}): Subject {
  return {
    containerId: id,
    name: id.replace('w', 'worker-'),
    sinceWallMs: HIT_MS,
    fromWallMs: later(HIT_MS, -1_000),
    pid: 100,
    ...change,
  }
}

/** A fault tells that it hit the first of them. */
export function hitAt(atWallMs: Wall, change: Partial<Hit> = {}): Hit {
  return { containerId: 'w1', name: 'worker-1', service: 'worker', pid: 100, atMs: mono(0), atWallMs, member: null, ...change }
}
