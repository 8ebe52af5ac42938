/** k6 and all that a load needs beside it, in memory: it says in which order it was asked for what, and what was left. */
import type { Json } from '../../core/json.ts'
import type { K6End, K6Port, K6Request, K6Run } from '../../ports/k6.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { ScratchFile } from '../../ports/files.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { instantOf } from '../../core/time/clock.ts'
import { msBetween } from '../../core/time/moment.ts'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import type { LoadDeps, LoadOptions } from '../deps.ts'
import { csvOf, csvRows, requestAt } from '../series/samples.fixture.ts'
import { memoryScratch } from '../series/scratch.fixture.ts'

const USERS = 5
const REQUESTS_A_SECOND = 30
const HOST: HostFacts = {
  ...{ memAvailableBytes: 1, memTotalBytes: 2, diskFreeBytes: 1, cpus: 2 },
  ...{ cpuTotalTicks: 10, cpuIdleTicks: 5, cpuStolenTicks: 0 },
}

export const PATTERN: LoadPattern = {
  ...{ id: 'LT-1', name: 'made up', expectedBehavior: 'holds', script: '/s/load.js', thresholds: ['http_req_failed rate < 1 %'] },
  ...{ gateUsers: null, measure: [], model: 'closed', thinkSeconds: null, answerSeconds: null, onDemand: false, scales: {} },
  ...{ environment: {}, scriptOptions: null, source: { file: 'load.json', line: 3 } },
}

export const OPTIONS: LoadOptions = {
  ...{ profile: 'quick', before: 0, isRehearsal: false, thresholds: [], model: null, segment: null, startWallMs: null },
  repeatCommand: (id) => `run ${id}`,
}

export interface K6Habits {
  /** Of its run when nobody ends it, s. */
  readonly seconds?: number
  readonly exitCode?: number
  readonly log?: string
  /** The second at which its samples cannot be read any more. */
  readonly breaksAt?: number
  /** It cannot be started. */
  readonly refuses?: boolean
  /** Its end cannot be told. */
  readonly losesEnd?: boolean
  readonly hasSamples?: boolean
  /** So many of the two of its machine it uses all the time. */
  readonly cores?: number
}

export interface LoadRig {
  readonly clock: VirtualClock
  readonly deps: LoadDeps
  /** What was done, in order. */
  readonly done: string[]
  readonly requests: K6Request[]
  readonly events: RunEvent[]
  readonly guard: AbortController
  /** Lets time pass until it has ended, a file that is packed meanwhile included. */
  until<T>(work: Promise<T>): Promise<T>
}

export function loadRig(habits: K6Habits = {}, change: Partial<LoadDeps> = {}): LoadRig {
  const clock = new VirtualClock()
  const done: string[] = []
  const requests: K6Request[] = []
  const events: RunEvent[] = []
  const guard = new AbortController()
  const deps: LoadDeps = {
    ...{ clock, runId: 'r1', log: { log: () => undefined }, artifacts: artifactsOf(done) },
    k6: k6Of(clock, habits, done, requests),
    target: { variables: {}, completed: null, unhealthy: () => Promise.resolve(null), recreate: null },
    emit: (event) => events.push(event),
    machine: () => Promise.resolve(HOST),
    folderFor: (id) => {
      done.push(`folder ${id}`)
      return Promise.resolve(`/run/${id}`)
    },
    scratch: (name) => {
      done.push(`scratch ${name}`)
      return Promise.resolve(scratchOf(done))
    },
    hashOf: () => Promise.resolve('h'),
    guard: () => {
      done.push('guard')
      return Promise.resolve({ signal: guard.signal, stop: () => done.push('guard stopped') })
    },
    ...change,
  }
  return { ...{ clock, deps, done, requests, events, guard }, until: (work) => untilEnded(clock, work) }
}

/** Packing takes no time of this clock, which would find nothing to wait for. */
async function untilEnded<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const ended = new AbortController()
  const ticks = async (): Promise<void> => {
    while (!ended.signal.aborted) await clock.sleep(5_000, ended.signal).catch(() => undefined)
  }
  const ticking = ticks()
  try {
    return await clock.until(work, 1e9)
  } finally {
    ended.abort()
    await ticking
  }
}

function k6Of(clock: VirtualClock, habits: K6Habits, done: string[], requests: K6Request[]): K6Port {
  const stages = [
    { duration: '2s', target: USERS },
    { duration: '18s', target: USERS },
  ]
  return {
    ...{ kind: 'container', entryUrl: 'http://entry' },
    version: () => Promise.resolve({ major: 2, text: '2.2.0' }),
    inspect: () => Promise.resolve({ stages }),
    archive: () => Promise.reject(new Error('nobody wants one')),
    start: (request, signal) => {
      requests.push(request)
      done.push(`start ${request.name}`)
      if (habits.refuses === true) return Promise.reject(new Error('no such program'))
      return Promise.resolve(running(clock, habits, done, signal))
    },
  }
}

function artifactsOf(done: string[]): LoadDeps['artifacts'] {
  return {
    write: (path) => {
      done.push(`write ${path}`)
      return Promise.resolve(path)
    },
    writeBytes: async (path, bytes) => {
      for await (const piece of bytes) if (piece.length === 0) throw new Error('an empty piece')
      done.push(`write ${path}`)
      return path
    },
  }
}

function scratchOf(done: string[]): ScratchFile {
  const file = memoryScratch()
  return {
    ...file,
    remove: () => {
      done.push('scratch removed')
      return Promise.resolve()
    },
  }
}

function running(clock: VirtualClock, habits: K6Habits, done: string[], signal: AbortSignal): K6Run {
  const { seconds = 20, exitCode = 0, log = '', breaksAt = Infinity, hasSamples = true, cores = 0 } = habits
  const stopped = new AbortController()
  const ended = Promise.withResolvers<K6End>()
  ended.promise.catch(() => undefined)
  const { atMs: startMs, atWallMs: startWallMs } = instantOf(clock)
  let sent = 0
  const stop = (): void => {
    if (stopped.signal.aborted) return
    done.push('k6 is told to end')
    stopped.abort()
  }
  signal.addEventListener('abort', stop, { once: true })
  const end = (): void => {
    signal.removeEventListener('abort', stop)
    done.push('k6 has ended')
    const summary: Json = { metrics: { http_reqs: { count: sent } } }
    if (habits.losesEnd === true) ended.reject(new Error('its summary is lost'))
    else if (stopped.signal.aborted) ended.resolve({ exitCode: 105, stopped: true, summary, log, files: [] })
    else ended.resolve({ exitCode, stopped: false, summary, log, files: [] })
  }
  stopped.signal.addEventListener('abort', () => {
    // Its iterations come to their end first.
    void clock.sleep(500).then(end)
  })
  async function* samples(): AsyncGenerator<Uint8Array> {
    if (hasSamples) yield Buffer.from(csvOf([], startWallMs))
    for (let second = 0; second < seconds; second += 1) {
      await clock.sleep(1_000, stopped.signal).catch(() => undefined)
      if (stopped.signal.aborted) return
      if (second === breaksAt) throw new Error('the pipe broke')
      const at = (index: number): number => second * 1_000 + (index * 1_000) / REQUESTS_A_SECOND
      const rows = Array.from({ length: REQUESTS_A_SECOND }, (_, index) => [
        ...requestAt(at(index), 40),
        { metric: 'iterations', atMs: at(index), value: 1 },
      ]).flat()
      if (!hasSamples) continue
      sent += REQUESTS_A_SECOND
      yield Buffer.from(csvRows([{ metric: 'vus', atMs: second * 1_000, value: USERS }, ...rows], startWallMs))
    }
    end()
  }
  return {
    samples: samples(),
    ended: ended.promise,
    stop,
    cpuUs: () => Promise.resolve(1_000 + cores * 1_000 * msBetween(startMs, clock.nowMs())),
  }
}
