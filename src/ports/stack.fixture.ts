/** A running stack, its descriptor and its containers, as a test gives them; what it does not give must not be asked for. */
import type { Descriptor } from '../core/descriptor.ts'
import type { StackRequest } from '../core/request.ts'
import type { ContainerPort } from './docker.ts'
import type { PoolPort, RunningStack } from './stack.ts'

export function unused(what: string): () => never {
  return () => {
    throw new Error(`${what} is not given by this test`)
  }
}

export const GET: StackRequest = {
  kind: 'test',
  spec: null,
  http: { method: 'GET', path: '/', headers: {}, body: null },
  httpOnce: null,
  asksFor: 'nothing',
  protocol: 'HTTP',
  speaks: unused('what the entry speaks'),
  send: unused('a request'),
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
    canary: { requests: ['page'], ratePerSecond: 10 },
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
