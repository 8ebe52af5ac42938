/** How a service takes requests while CPU time, descriptors or memory are short, and afterwards. A healthy one just takes them. */
import { closeSync, openSync } from 'node:fs'
import type { Defect } from './defects.ts'
import { errorText, ServiceError, unavailable } from './failure.ts'
import type { Logger } from './log.ts'
import { LoopWatch } from './loop-watch.ts'

export interface IntakePolicy {
  /** While the event loop is late because there is too little CPU time. */
  readonly whenLate: 'queue' | 'refuse' | 'halve-answers' | 'do-and-refuse'
  /** When no descriptor is free. New connections are closed by then: libuv keeps one descriptor back to do that with. */
  readonly withoutDescriptors: 'carry-on' | 'exit' | 'refuse-for-a-while' | 'keep-many-afterwards'
  /** Memory set aside for every request from its arrival to its end. */
  readonly bytesPerRequest: number
}

export const HEALTHY_INTAKE: IntakePolicy = { whenLate: 'queue', withoutDescriptors: 'carry-on', bytesPerRequest: 0 }

/** What is wrong with the intake of each service that has one. */
export function intakePolicy(defects: ReadonlySet<Defect>): IntakePolicy {
  return {
    ...HEALTHY_INTAKE,
    ...(defects.has('shortens-when-late') ? { whenLate: 'halve-answers' } : {}),
    ...(defects.has('does-what-it-refuses') ? { whenLate: 'do-and-refuse' } : {}),
    ...(defects.has('refuses-after-a-shortage') ? { withoutDescriptors: 'refuse-for-a-while' } : {}),
    ...(defects.has('hoards-descriptors') ? { withoutDescriptors: 'keep-many-afterwards' } : {}),
  }
}

export interface Intake {
  /** Call for each request; call what it returns when the request has ended. @throws ServiceError 503 for one that is not taken. */
  enter(): () => void
  /** How many tokens a request gets that asks for so many. */
  tokensFor(asked: number): number
  /** Call when a task is taken, or done. @throws ServiceError 429 for one that is told to have been refused. */
  taken(): void
  close(): void
}

/** Standing still for more than this share of the last second is late. */
const LATE_SHARE = 0.2
const DESCRIPTOR_CHECK_MS = 250
const REFUSED_FOR_MS = 30_000
const KEPT_DESCRIPTORS = 64

export function openIntake(policy: IntakePolicy, log: Logger): Intake {
  const watch = policy.whenLate === 'queue' ? null : new LoopWatch()
  const isLate = (what: IntakePolicy['whenLate']): boolean =>
    policy.whenLate === what && watch !== null && watch.stalledShare() > LATE_SHARE
  const shortage = policy.withoutDescriptors === 'carry-on' ? null : new Shortage(policy.withoutDescriptors, log)
  const blocks = policy.bytesPerRequest > 0 ? new Blocks(policy.bytesPerRequest) : null
  return {
    enter: () => {
      if (shortage?.refuses() === true) throw unavailable('SHORT', 'there were too few descriptors a while ago')
      if (isLate('refuse')) throw unavailable('BUSY', 'too little CPU time')
      return blocks?.take() ?? nothing
    },
    tokensFor: (asked) => (isLate('halve-answers') ? Math.ceil(asked / 2) : asked),
    taken: () => {
      if (isLate('do-and-refuse')) throw new ServiceError(429, 'TOO_MANY', 'come again later', 1)
    },
    close: () => {
      watch?.close()
      shortage?.close()
    },
  }
}

function nothing(): void {
  // A request that was set nothing aside has nothing to give back.
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
