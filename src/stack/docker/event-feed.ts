/** Docker's events of one run's containers, kept from the moment the feed is opened. */
import { sinceEpochMs, wallAt, type Wall } from '../../core/time/moment.ts'
import type Dockerode from 'dockerode'
import type { Clock } from '../../core/time/clock.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import type { Logger } from '../../ports/reporter.ts'
import { serviceOf } from './container-state.ts'
import { dockerCall } from './call.ts'
import { lineSplitter } from '../programs/output-tail.ts'
import { ownerFilter, ROLE_LABEL, TOOLBOX_ROLE, type Owner } from './labels.ts'

/** What a container can live through. `exec_*`, which every health check causes, would drown the rest. */
const ACTIONS = [
  'create',
  'start',
  'restart',
  'die',
  'oom',
  'kill',
  'stop',
  'pause',
  'unpause',
  'update',
  'destroy',
  'health_status',
]
const MOST_EVENTS = 20_000
const RECONNECT_EVERY_MS = 250
const MOST_RECONNECTS = 40

export interface EventFeed extends AsyncDisposable {
  /**
   * Events since then, oldest first.
   * @throws DOCKER_UNAVAILABLE while the feed is broken, INTERNAL for a time whose events were dropped: no answer is not "no event".
   */
  since(wallMs: Wall): readonly ContainerEvent[]
  /** Called for each event as it comes. */
  onEvent(listener: (event: ContainerEvent) => void): void
}

export interface EventFeedOptions extends Owner {
  readonly docker: Dockerode
  readonly clock: Clock
  readonly log: Logger
}

/** Resolves when Docker has accepted the subscription: no event after that is missed. */
export async function openEventFeed(options: EventFeedOptions, signal: AbortSignal): Promise<EventFeed> {
  const { clock, log } = options
  const closing = new AbortController()
  const buffer = eventBuffer()
  const listeners: ((event: ContainerEvent) => void)[] = []
  /** Why events are unknown just now; null while they are not. */
  let problem: string | null = null
  // A second of overlap: the daemon's clock may differ a little, and what comes twice is kept once.
  const openedNs = BigInt(Math.round(sinceEpochMs(clock.wallMs()) - 1_000)) * 1_000_000n
  const take = (line: string): void => {
    const event = parseEvent(line)
    if (event === null || !buffer.add(event)) return
    for (const listener of listeners) listener(event)
  }
  /** Reads until the feed is closed, connecting again after a break. Gives up after ten seconds without a connection. */
  const follow = async (first: NodeJS.ReadableStream): Promise<void> => {
    let stream: NodeJS.ReadableStream | null = first
    for (let failures = 0; failures < MOST_RECONNECTS; failures += 1) {
      try {
        const sinceNs = buffer.newestNs() ?? openedNs
        stream ??= await dockerCall('reopen the event feed', closing.signal, () => subscribe(options, sinceNs, closing.signal))
        failures = 0
        problem = null
        await read(stream, take)
        problem = 'the daemon closed the feed'
      } catch (error) {
        problem = describeError(error, 300)
      }
      if (closing.signal.aborted) return
      stream = null
      log.log('debug', `docker event feed: ${problem}; connecting again`)
      await clock.sleep(RECONNECT_EVERY_MS, closing.signal).catch(() => undefined)
    }
  }
  const done = follow(await dockerCall('open the event feed', signal, () => subscribe(options, null, closing.signal)))
  return {
    since(wallMs) {
      if (problem !== null && !closing.signal.aborted) {
        throw new ChaosError('DOCKER_UNAVAILABLE', `container events are unknown, as Docker's event feed is broken: ${problem}`)
      }
      return buffer.since(wallMs)
    },
    onEvent(listener) {
      listeners.push(listener)
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new ChaosError('ABORTED', 'the event feed was closed'))
      await done
    },
  }
}

async function subscribe(
  options: EventFeedOptions,
  sinceNs: bigint | null,
  abortSignal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  const filters = JSON.stringify({ type: ['container'], label: ownerFilter(options), event: ACTIONS })
  if (sinceNs === null) return options.docker.getEvents({ filters, abortSignal })
  const seconds = `${String(sinceNs / 1_000_000_000n)}.${String(sinceNs % 1_000_000_000n).padStart(9, '0')}`
  // dockerode's type wants a number, which cannot hold nanoseconds; what it is given goes into the query string as it is.
  const query: object = { filters, abortSignal, since: seconds }
  return options.docker.getEvents(query)
}

async function read(stream: NodeJS.ReadableStream, take: (line: string) => void): Promise<void> {
  const lines = lineSplitter(take)
  for await (const chunk of stream) lines.push(chunk as Buffer)
  lines.end()
}

interface StampedEvent extends ContainerEvent {
  readonly ns: bigint
}

/** The newest events, each of them once. */
function eventBuffer() {
  const events: StampedEvent[] = []
  let droppedUntilMs: Wall | null = null
  return {
    /** False for one that is already there, as after a reconnect. */
    add(event: StampedEvent): boolean {
      const same = (other: StampedEvent): boolean =>
        other.ns === event.ns && other.containerId === event.containerId && other.action === event.action
      if (events.slice(-200).some(same)) return false
      events.push(event)
      if (events.length > MOST_EVENTS) droppedUntilMs = events.shift()?.atMs ?? droppedUntilMs
      return true
    },
    since(wallMs: Wall): readonly ContainerEvent[] {
      if (droppedUntilMs !== null && wallMs <= droppedUntilMs)
        throw new ChaosError('INTERNAL', `events before ${sinceEpochMs(droppedUntilMs)} were dropped: more than ${MOST_EVENTS}`)
      return events.filter((event) => event.atMs >= wallMs)
    },
    newestNs: (): bigint | null => events.at(-1)?.ns ?? null,
  }
}

/** One line of the feed; null for what is not an event of the stack's own containers. */
function parseEvent(line: string): StampedEvent | null {
  if (line.trim() === '') return null
  const ns = /"timeNano":(\d+)/.exec(line)?.[1]
  const raw = JSON.parse(line) as { Action?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } }
  const attributes = raw.Actor?.Attributes ?? {}
  if (raw.Action === undefined || raw.Actor?.ID === undefined || ns === undefined) return null
  if (attributes[ROLE_LABEL] === TOOLBOX_ROLE) return null
  const stamp = BigInt(ns)
  return {
    ns: stamp,
    atMs: wallAt(Number(stamp / 1_000n) / 1_000),
    action: raw.Action,
    containerId: raw.Actor.ID,
    service: serviceOf(attributes),
    attributes,
  }
}
