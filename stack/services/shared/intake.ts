/** How a service takes requests while CPU time, descriptors or memory are short, and afterwards. A healthy one just takes them. */
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Defect } from './defects.ts'
import { errorText, unavailable } from './failure.ts'
import type { Logger } from './log.ts'
import { LoopWatch } from './loop-watch.ts'

export interface IntakePolicy {
  /** While the event loop is late because there is too little CPU time. */
  readonly whenLate: 'queue' | 'refuse' | 'halve-answers'
  /** When it has been late once, each request waits so long before anything is done with it, for good. */
  readonly pauseSinceLateMs: number
  /** When no descriptor is free. New connections are closed by then: libuv keeps one descriptor back to do that with. */
  readonly withoutDescriptors: 'carry-on' | 'exit' | 'refuse-for-a-while' | 'keep-many-afterwards'
  /** Memory set aside for every request from its arrival to its end. */
  readonly bytesPerRequest: number
}

export const HEALTHY_INTAKE: IntakePolicy = {
  whenLate: 'queue',
  pauseSinceLateMs: 0,
  withoutDescriptors: 'carry-on',
  bytesPerRequest: 0,
}

/** What is wrong with the intake of each service that has one. */
export function intakePolicy(defects: ReadonlySet<Defect>): IntakePolicy {
  return {
    ...HEALTHY_INTAKE,
    ...(defects.has('shortens-when-late') ? { whenLate: 'halve-answers' } : {}),
    ...(defects.has('slow-since-it-was-late') ? { pauseSinceLateMs: 600 } : {}),
    ...(defects.has('refuses-after-a-shortage') ? { withoutDescriptors: 'refuse-for-a-while' } : {}),
    ...(defects.has('hoards-descriptors') ? { withoutDescriptors: 'keep-many-afterwards' } : {}),
  }
}

export interface Intake {
  /** Call for each request; call what it returns when the request has ended. @throws ServiceError 503 for one that is not taken. */
  enter(): Promise<() => void>
  /** How many tokens a request gets that asks for so many. */
  tokensFor(asked: number): number
  close(): void
}

/** Standing still for more than this share of the last second is late. */
const LATE_SHARE = 0.2
const DESCRIPTOR_CHECK_MS = 250
const REFUSED_FOR_MS = 30_000
const KEPT_DESCRIPTORS = 64

export function openIntake(policy: IntakePolicy, log: Logger): Intake {
  const lateness = policy.whenLate === 'queue' && policy.pauseSinceLateMs === 0 ? null : new Lateness()
  const shortage = policy.withoutDescriptors === 'carry-on' ? null : new Shortage(policy.withoutDescriptors, log)
  const blocks = policy.bytesPerRequest > 0 ? new Blocks(policy.bytesPerRequest) : null
  return {
    enter: async () => {
      if (shortage?.refuses() === true) throw unavailable('SHORT', 'there were too few descriptors a while ago')
      if (policy.whenLate === 'refuse' && lateness?.isLate() === true) throw unavailable('BUSY', 'too little CPU time')
      if (lateness?.wasLate() === true && policy.pauseSinceLateMs > 0) await sleep(policy.pauseSinceLateMs)
      return blocks?.take() ?? nothing
    },
    tokensFor: (asked) => (policy.whenLate === 'halve-answers' && lateness?.isLate() === true ? Math.ceil(asked / 2) : asked),
    close: () => {
      lateness?.close()
      shortage?.close()
    },
  }
}

function nothing(): void {
  // A request that was set nothing aside has nothing to give back.
}

class Lateness {
  readonly #watch = new LoopWatch()
  #wasLate = false

  isLate(): boolean {
    return this.#watch.stalledShare() > LATE_SHARE
  }

  /** As far as anybody came to look. */
  wasLate(): boolean {
    this.#wasLate ||= this.isLate()
    return this.#wasLate
  }

  close(): void {
    this.#watch.close()
  }
}

/** For who takes it for granted that a file can be opened, and does something foolish when it cannot. */
class Shortage {
  readonly #what: Exclude<IntakePolicy['withoutDescriptors'], 'carry-on'>
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #lastMs = -Infinity
  #isShort = false
  readonly #kept: number[] = []

  constructor(what: Exclude<IntakePolicy['withoutDescriptors'], 'carry-on'>, log: Logger) {
    this.#what = what
    this.#log = log
    this.#timer = setInterval(() => {
      this.#check()
    }, DESCRIPTOR_CHECK_MS)
  }

  refuses(): boolean {
    return this.#what === 'refuse-for-a-while' && performance.now() - this.#lastMs < REFUSED_FOR_MS
  }

  close(): void {
    clearInterval(this.#timer)
    for (const descriptor of this.#kept.splice(0)) closeSync(descriptor)
  }

  #check(): void {
    try {
      closeSync(openSync('/dev/null', 'r'))
      if (this.#isShort && this.#what === 'keep-many-afterwards') this.#keepMany()
      this.#isShort = false
    } catch (error) {
      if (this.#what === 'exit') {
        this.#log.fatal({ event: 'no_descriptor', error: errorText(error) })
        process.exit(1)
      }
      this.#isShort = true
      this.#lastMs = performance.now()
    }
  }

  #keepMany(): void {
    for (let count = 0; count < KEPT_DESCRIPTORS; count += 1) this.#kept.push(openSync('/dev/null', 'r'))
  }
}

/** Blocks of memory that are used again and never given back to the system. */
class Blocks {
  readonly #bytes: number
  readonly #free: Buffer[] = []

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  take(): () => void {
    // Filled with something, as zeroes alone take no memory.
    const block = this.#free.pop() ?? Buffer.alloc(this.#bytes, 1)
    return () => {
      this.#free.push(block)
    }
  }
}
