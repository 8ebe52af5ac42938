/**
 * A system in memory, with faults, clauses and everything else that the engine is given. Each part does what a test tells it
 * to at each of its steps: as it should, or fail, hang, come late, lie. All of it writes one journal.
 */
import type { SendOptions } from '../../core/request.ts'
import { later, type Mono } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'

/** How a step goes. `late`: it ends well, long after everybody has stopped waiting, whatever its signal says. */
export type Course = 'well' | 'fails' | 'hangs' | 'late' | 'lies' | { readonly afterMs: number }

const LATE_MS = 100_000

export interface Answer {
  readonly ok: boolean
  readonly latencyMs: number
  readonly error?: string
  readonly jobId?: string
  /** The id under which its job was asked for; that of `jobId`, or none, where it is left out. */
  readonly askedJob?: string | null
  /** Of an answer that tells a code in place of a status. */
  readonly code?: string
  /** As of the canary's sample. */
  readonly request?: string
  readonly cut?: true
  readonly wrong?: true
  readonly body?: string
  readonly refusedJob?: string
}

/** A thing that can be broken, and what is seen of it from outside. */
export class World {
  readonly clock = new VirtualClock()
  readonly journal: string[] = []
  /** Names of what is broken now. */
  readonly broken = new Set<string>()
  /** What the canary is answered to a request that was intended at that time. */
  answer: (atMs: Mono) => Answer = () =>
    this.broken.size === 0 ? { ok: true, latencyMs: 20 } : { ok: false, latencyMs: 20, error: 'status 503' }
  /** The same to one of many that are sent at once, by its place among them; null for none that anybody knows of. */
  answerAtOnce: (atMs: Mono, place: number) => Answer | null = (atMs) => this.answer(atMs)
  /** null while all services are healthy. */
  unhealthy: () => string | null = () => null
  /** A health page of a service, asked directly. */
  page: (service: string) => { readonly totalMs: number | null; readonly error: string | null } = () => ({
    totalMs: 3,
    error: null,
  })
  memAvailableBytes = 8 * 1024 ** 3
  /** Of the CPU time that the machine asks for, which is half of all, what its host takes, 0…1. */
  cpuStolenShare = 0
  lagP99Ms = 0
  /** Meters of that lag that were started and not stopped. */
  lagMeters = 0
  /** How much of each log was asked for, in the order of the asking. */
  readonly logLimitsBytes: number[] = []
  /** What requests of clauses were sent with, in their order. */
  readonly requests: SendOptions[] = []
  /** How late the canary is sent, ms. */
  latenessMs = 0

  note(what: string): void {
    this.journal.push(what)
  }

  /** A step that goes its course; `work` is what it does when it does something. */
  async step<T>(name: string, course: Course, signal: AbortSignal, work: () => T, lie: T): Promise<T> {
    this.note(name)
    switch (course) {
      case 'well':
        return work()
      case 'fails':
        throw new Error(`${name} failed`)
      case 'hangs':
        return this.broughtToAnEnd(signal)
      case 'late':
        await this.clock.sleep(LATE_MS)
        this.note(`${name} (late)`)
        return work()
      case 'lies':
        return lie
      default:
        await this.clock.sleep(course.afterMs, signal)
        return work()
    }
  }

  /** Like a request that has a signal and no limit of its own. */
  private broughtToAnEnd(signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error)
      }
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}

export function sampleOf(world: World, intendedMs: Mono, answer: Answer): CanarySample {
  const { ok, latencyMs, error, askedJob: _asked, ...told } = answer
  return {
    intendedMs,
    sentMs: later(intendedMs, world.latenessMs),
    doneMs: later(intendedMs, latencyMs),
    status: ok && told.code === undefined ? 200 : null,
    ...told,
    ok,
    error: ok ? null : (error ?? 'status 503'),
  }
}

/** Of a fake fault. */
export type Plan = { readonly target: string; readonly name: string }
