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
  const closing = new AbortController()
  const buffer = eventBuffer()
  const listeners: ((event: ContainerEvent) => void)[] = []
  const feed = {
    options,
    closing: closing.signal,
    // A second of overlap: the daemon's clock may differ a little, and what comes twice is kept once.
    openedNs: BigInt(Math.round(sinceEpochMs(options.clock.wallMs()) - 1_000)) * 1_000_000n,
    buffer,
    problem: null as string | null,
    take(line: string): void {
      const event = parseEvent(line)
      if (event === null || !buffer.add(event)) return
      for (const listener of listeners) listener(event)
    },
  }
  const first = await dockerCall('open the event feed', signal, () => subscribe(options, null, closing.signal))
  const done = follow(feed, first)
  return {
    since(wallMs) {
      if (feed.problem !== null && !closing.signal.aborted) {
        throw new ChaosError(
          'DOCKER_UNAVAILABLE',
          `container events are unknown, as Docker's event feed is broken: ${feed.problem}`,
        )
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

interface FollowedFeed {
  readonly options: EventFeedOptions
  readonly closing: AbortSignal
  readonly openedNs: bigint
  readonly buffer: EventBuffer
  readonly take: (line: string) => void
  /** Why events are unknown just now; null while they are not. */
  problem: string | null
}

/** Reads until the feed is closed, connecting again after a break. Gives up after ten seconds without a connection. */
async function follow(feed: FollowedFeed, first: NodeJS.ReadableStream): Promise<void> {
  const closed = (): boolean => feed.closing.aborted
  let stream: NodeJS.ReadableStream | null = first
  for (let failures = 0; failures < MOST_RECONNECTS; failures += 1) {
    try {
      const sinceNs = feed.buffer.newestNs() ?? feed.openedNs
      stream ??= await dockerCall('reopen the event feed', feed.closing, () => subscribe(feed.options, sinceNs, feed.closing))
      failures = 0
      feed.problem = null
      await read(stream, feed.take)
      feed.problem = 'the daemon closed the feed'
    } catch (error) {
      feed.problem = describeError(error, 300)
    }
    if (closed()) return
    stream = null
    feed.options.log.log('debug', `docker event feed: ${feed.problem}; connecting again`)
    await feed.options.clock.sleep(RECONNECT_EVERY_MS, feed.closing).catch(() => undefined)
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

interface EventBuffer {
  /** False for one that is already there, as after a reconnect. */
  add(event: StampedEvent): boolean
  since(wallMs: Wall): readonly ContainerEvent[]
  newestNs(): bigint | null
}

function eventBuffer(): EventBuffer {
  const events: StampedEvent[] = []
  let droppedUntilMs: Wall | null = null
  return {
    add(event) {
      const same = (other: StampedEvent): boolean =>
        other.ns === event.ns && other.containerId === event.containerId && other.action === event.action
      if (events.slice(-200).some(same)) return false
      events.push(event)
      if (events.length > MOST_EVENTS) droppedUntilMs = events.shift()?.atMs ?? droppedUntilMs
      return true
    },
    since(wallMs) {
      if (droppedUntilMs !== null && wallMs <= droppedUntilMs)
        throw new ChaosError(
          'INTERNAL',
          `events before ${String(sinceEpochMs(droppedUntilMs))} were dropped: more than ${String(MOST_EVENTS)}`,
        )
      return events.filter((event) => event.atMs >= wallMs)
    },
    newestNs: () => events.at(-1)?.ns ?? null,
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
