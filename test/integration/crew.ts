/** A boss with a pool of hands, as a stack: something to crash, to stop and to fill. */
import { systemClock } from '../../src/core/time/clock.ts'
import type { Descriptor, PoolSpec, ServiceSpec } from '../../src/core/descriptor.ts'
import type { ContainerState } from '../../src/ports/docker.ts'
import type { PoolMember, PoolPort, RunningStack } from '../../src/ports/stack.ts'
import type { ToolboxHelper } from '../../src/ports/toolbox.ts'
import { waitUntil } from '../../src/core/time/wait.ts'
import type { StackUnderTest } from '../../src/stack/running-stack.ts'
import { httpRequest } from '../../src/requests/http/request.ts'
import { descriptorOf, signal } from './stack-fixture.ts'

export const HANDS = 3

const headers = { authorization: 'Bearer ${CREW_TOKEN}' }

export const CREW_POOL: PoolSpec = {
  services: ['hand'],
  size: HANDS,
  list: { service: 'boss', port: 8000, path: '/members', headers },
  members: 'members',
  id: 'id',
  state: 'state',
  container: 'container',
  inFlight: 'in_flight',
  states: { registering: ['registering'], ready: ['ready'], busy: ['busy'], failed: [] },
  stop: { method: 'POST', path: '/members/{id}/stop', body: null },
  work: 'work',
}

function service(name: string, replicas = 1): ServiceSpec {
  return { name, health: null, dependsOn: [], replicas, control: false, data: null }
}

export function crewDescriptor(changes: Partial<Descriptor> = {}): Descriptor {
  return descriptorOf('crew', {
    services: [service('boss'), service('hand', HANDS), service('lone'), service('pidns')],
    entry: { service: 'boss', port: 8000 },
    secrets: ['CREW_TOKEN'],
    pool: CREW_POOL,
    canary: { requests: ['work'], ratePerSecond: 10 },
    requests: {
      work: httpRequest.entry.parse({
        method: 'POST',
        path: '/work',
        headers: { ...headers, 'content-type': 'application/json' },
        body: { ms: 1_000 },
        good: { status: [200], body_matches: null },
      }),
    },
    ...changes,
  })
}

export function poolOf(stack: RunningStack, observer: ToolboxHelper): PoolPort {
  const pool = stack.pool(observer)
  if (pool === null) throw new Error('the crew has a pool')
  return pool
}

/** Waits until so many hands are ready, none is anything else, and all of the stack runs. */
export async function awaitCrew(stack: StackUnderTest, observer: ToolboxHelper): Promise<readonly PoolMember[]> {
  const pool = poolOf(stack, observer)
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: 40_000, signal: signal(), clock: systemClock }
  const read = async (abort: AbortSignal): Promise<readonly PoolMember[]> => {
    const trouble = await stack.unhealthy(abort)
    if (trouble !== null) throw new Error(trouble)
    return pool.members(abort)
  }
  const ready = (members: readonly PoolMember[]): boolean =>
    members.length === HANDS && members.every(({ meaning }) => meaning === 'ready')
  return waitUntil(`${HANDS} ready hands`, read, ready, options)
}

/** Pid and start of each container: what a restart changes. */
export function runningAs(containers: readonly ContainerState[]): string[] {
  return containers.map(({ name, pid, startedAt, status }) => `${name} ${pid} ${startedAt} ${status}`)
}
