import { later, monoAt, msBetween, type Wall } from '../../core/time/moment.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { StackRequest } from '../../core/request.ts'
import type { ContainerAction, ContainerEvent, ContainerPort, ContainerState, LogLine } from '../../ports/docker.ts'
import type { Holdings } from '../../toolbox/operations/processes/holdings.ts'
import type { PoolMember, RunningStack } from '../../ports/stack.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../../toolbox/operations/registry.ts'
import type { StackDeps } from '../deps.ts'
import type { Course, World } from './world.ts'

export class StackCourses {
  number = 1
  recreate: Course = 'well'
  descriptor: Partial<Descriptor> = {}
  /** The lookups of the daemon. */
  glance: Course = 'well'
  list: Course = 'well'
  logs: Course = 'well'
  events: (sinceMs: Wall) => readonly ContainerEvent[] = () => []
  /** The pool as it is listed; null for a stack without one. */
  members: (() => readonly PoolMember[]) | null = null
  /** Ids of what the system says that it has done, all so far; null for one that does not tell. */
  done: (() => readonly string[]) | null = null
  /** What the main process of a service holds; null where nobody may look. */
  held: ((service: string) => HeldByProcess) | null = null
  /** How many the kernel tells to be connected with a service; null of one where it is not told, and null where nobody may look. */
  peers: ((service: string, passage: PeerPassage) => number | null | Error) | null = null
  /** What a container does that the engine tells to stop or to start. */
  acted: ((id: string, action: ContainerAction['do']) => void) | null = null
  states: (state: ContainerState) => ContainerState | null = (state) => state
  /** The metrics page at a host, as text; a status or an error where there is none. */
  metrics: (host: string, asked: ArgumentsOf<'fetch'>, signal: AbortSignal) => MetricsPage | Promise<never> = () =>
    new Error('no metrics')
  /** The observer's look at the machine, and at a health page. */
  host: Course = 'well'
  page: Course = 'well'
  network = 'net'
}

type HeldByProcess = Pick<Holdings, 'files' | 'memoryKiB' | 'unclosed' | 'threads' | 'startTicks'> &
  Partial<Pick<Holdings, 'connections'>>
type PeerPassage = ArgumentsOf<'process.peers'>['places'][number]['passage']
type MetricsPage = string | number | Error

function unused(what: string): () => never {
  return () => {
    throw new Error(`${what} is not for the engine`)
  }
}

/** front → back → store; the canary enters at the front. */
function descriptorOf(world: World, changes: Partial<Descriptor>): Descriptor {
  const service = (name: string, dependsOn: string[]): Descriptor['services'][number] => ({
    ...{ name, health: { port: 80, path: '/health' }, dependsOn, replicas: 1, control: true, data: null },
  })
  return {
    ...{ name: 'fake', reference: false, file: 'stack.json', composeFiles: [], images: [], secrets: [], stacks: 1 },
    ...{ cpuQuotas: 'from_start', entry: { service: 'front', port: 80 }, toxiproxy: null, links: [], defaultLink: null },
    services: [service('front', ['back']), service('back', ['store']), service('store', [])],
    requests: { page: fakeRequest(world) },
    ...{ canary: { requests: ['page'], ratePerSecond: 10 }, pool: null, vram: null, completed: null },
    ...{ scenarioFiles: [], loadFolders: [], defects: null },
    ...changes,
  }
}

export function fakeStack(world: World, courses: Partial<StackCourses> = {}): StackDeps {
  const own = Object.assign(new StackCourses(), courses)
  const descriptor = descriptorOf(world, own.descriptor)
  const of = own.number === 1 ? '' : ` of stack ${own.number}`
  return {
    number: own.number,
    stack: runningStack(world, own, descriptor, of),
    containers: containerPort(world, own, descriptor),
    toolbox: { start: unused('a helper'), get: unused('a helper'), stop: unused('a helper'), once: unused('a helper') },
    toxiproxy: () => Promise.resolve(null),
    observer: () => observer(world, own),
    looker: () => (own.held === null && own.peers === null ? null : looker(descriptor, own)),
    retire: () => {
      world.note(`retire${of === '' ? ' stack 1' : of.replace(' of', '')}`)
      return Promise.resolve()
    },
  }
}

function runningStack(world: World, own: StackCourses, descriptor: Descriptor, of: string): RunningStack {
  return {
    descriptor,
    project: 'fake',
    network: own.network,
    entryUrl: 'http://127.0.0.1:1',
    images: [],
    variables: {},
    link: unused('a link'),
    toxiproxy: () => null,
    pool: () => {
      const { members } = own
      return members === null ? null : { members: () => Promise.resolve(members()), stop: unused('the stop of a member') }
    },
    completed: () => {
      const { done } = own
      if (done === null) return null
      const page = (after: string): Promise<{ ids: readonly string[]; next: string }> => {
        const all = done()
        return Promise.resolve({ ids: all.slice(after === 'end' ? all.length : Number(after)), next: String(all.length) })
      }
      return { first: 'end', page }
    },
    scaleUp: unused('scaling'),
    liftCpuQuotas: unused('quotas'),
    unhealthy: () => Promise.resolve(world.unhealthy()),
    recreate(signal) {
      const mend = (): void => {
        world.broken.clear()
      }
      return world.step(`recreate${of}`, own.recreate, signal, mend, undefined)
    },
  }
}

export function stateOf(service: string): ContainerState {
  return {
    ...{ id: `${service}-id`, name: `fake-${service}-1`, service, image: 'i', imageId: 'i' },
    ...{ status: 'running', health: 'healthy' },
    ...{ pid: 7, restartCount: 0, startedAt: '2026-03-01T09:00:00Z', oomKilled: false, exitCode: 0 },
    ...{ addresses: { net: '10.0.0.9' }, mounts: [] },
  }
}

function containerPort(world: World, own: StackCourses, descriptor: Descriptor): ContainerPort {
  const states = (): ContainerState[] => descriptor.services.flatMap(({ name }) => own.states(stateOf(name)) ?? [])
  return {
    list: (service, signal) =>
      world.step(`list ${service}`, own.list, signal, () => states().filter((state) => state.service === service), []),
    all: () => Promise.resolve(states()),
    glance: (signal) => world.step('glance', own.glance, signal, states, []),
    inspect: (id) => Promise.resolve(states().find((state) => state.id === id) ?? null),
    logs: (id, window, signal) => {
      world.logLimitsBytes.push(window.maxBytes)
      const line = (text: string, atMs: Wall): LogLine => ({ atMs, stream: 'stdout', text })
      const lines = [line('second', later(window.untilWallMs, -1)), line('first', window.sinceWallMs)]
      return world.step(`logs ${id}`, own.logs, signal, () => lines, [])
    },
    act(id, action) {
      world.note(`${action.do} ${id}`)
      if (own.acted === null) return Promise.reject(new Error('an action is not for the engine'))
      own.acted(id, action.do)
      return Promise.resolve()
    },
    events: (sinceWallMs) => own.events(sinceWallMs).filter(({ atMs }) => atMs >= sinceWallMs),
  }
}

function observer(world: World, own: StackCourses): ToolboxHelper {
  return {
    name: 'observer',
    async call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>, signal: AbortSignal): Promise<ReplyOf<O>> {
      if (op === 'host.read') {
        const asked = msBetween(monoAt(0), world.clock.nowMs())
        const cpuTotalTicks = 2 * asked
        const facts = {
          ...{ memAvailableBytes: world.memAvailableBytes, diskFreeBytes: 50 * 1024 ** 3 },
          ...{ cpuTotalTicks, cpuIdleTicks: cpuTotalTicks - asked, cpuStolenTicks: asked * world.cpuStolenShare },
        }
        return (await world.step('host.read', own.host, signal, () => facts, facts)) as ReplyOf<O>
      }
      if (op === 'fetch') {
        const page: unknown = await metricsPage(own, args as ArgumentsOf<'fetch'>, signal)
        return page as ReplyOf<O>
      }
      if (op !== 'probe.http') throw new ChaosError('INTERNAL', `the engine asked the observer for ${op}`)
      return await probe(world, own, args as ArgumentsOf<'probe.http'>, signal)
    },
  }
}

async function metricsPage(own: StackCourses, asked: ArgumentsOf<'fetch'>, signal: AbortSignal): Promise<ReplyOf<'fetch'>> {
  const page = await own.metrics('host' in asked.target ? asked.target.host : '', asked, signal)
  const rest = { complete: true, totalMs: 1 }
  if (page instanceof Error) return { ...rest, status: null, body: '', error: page.message }
  return typeof page === 'number'
    ? { ...rest, status: page, body: '', error: null }
    : { ...rest, status: 200, body: page, error: null }
}

function looker(descriptor: Descriptor, { held, peers }: Pick<StackCourses, 'held' | 'peers'>): ToolboxHelper {
  const holdings = (): Holdings[] =>
    held === null
      ? []
      : descriptor.services.map(({ name }) => ({ pid: 7, containerId: stateOf(name).id, connections: null, ...held(name) }))
  const peersOf = ({ places }: ArgumentsOf<'process.peers'>): (number | null)[] =>
    places.map(({ containerId, passage }) => {
      const count = peers?.(containerId.replace('-id', ''), passage) ?? null
      if (count instanceof Error) throw count
      return count
    })
  return {
    name: 'looker',
    async call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>): Promise<ReplyOf<O>> {
      await Promise.resolve()
      if (op !== 'process.peers' && op !== 'process.holdings')
        throw new ChaosError('INTERNAL', `the engine asked the looker for ${op}`)
      const answer: unknown = op === 'process.holdings' ? holdings() : { peers: peersOf(args as ArgumentsOf<'process.peers'>) }
      return answer as ReplyOf<O>
    },
  }
}

/** As many requests as it is asked for, one after the other in time. */
async function probe(
  world: World,
  own: StackCourses,
  { target, count, intervalMs }: ArgumentsOf<'probe.http'>,
  signal: AbortSignal,
): Promise<ReplyOf<'probe.http'>> {
  const samples: ReplyOf<'probe.http'>['samples'][number][] = []
  await world.step(`probe ${target.host}`, own.page, signal, () => undefined, undefined)
  for (let index = 0; index < count; index += 1) {
    const { totalMs, error } = world.page(target.host)
    samples.push({ ...EMPTY_SAMPLE, status: error === null ? 200 : null, totalMs, error })
    await world.clock.sleep(intervalMs, signal)
  }
  return { samples }
}

const EMPTY_SAMPLE = { connectMs: null, firstByteMs: null, closeMs: null, bytes: 0 }

function fakeRequest(world: World): StackRequest {
  return {
    ...{
      kind: 'fake',
      spec: null,
      protocol: 'none',
      http: null,
      httpOnce: null,
      asksFor: 'job',
      speaks: unused('what the entry speaks'),
    },
    send(options) {
      world.note('request page')
      world.requests.push(options)
      options.asks?.(null)
      const answer = { status: 200, error: null, good: true, reason: null, complete: true, body: 'ok', bytes: 2, bodyHash: null }
      return Promise.resolve({ ...answer, firstByteMs: 19, totalMs: 20 })
    },
  }
}
