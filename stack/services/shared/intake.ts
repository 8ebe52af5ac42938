/** How a service takes requests while CPU time, descriptors or memory are short. A healthy one just takes them. */
import { closeSync, openSync } from 'node:fs'
import { errorText, unavailable } from './failure.ts'
import type { Logger } from './log.ts'
import { LoopWatch } from './loop-watch.ts'

export interface IntakePolicy {
  /** While the event loop is late because there is too little CPU time. */
  readonly whenLate: 'queue' | 'refuse'
  /** When no descriptor is free. New connections are closed by then: libuv keeps one descriptor back to do that with. */
  readonly withoutDescriptors: 'carry-on' | 'exit'
  /** Memory set aside for every request from its arrival to its end. */
  readonly bytesPerRequest: number
}

export const HEALTHY_INTAKE: IntakePolicy = { whenLate: 'queue', withoutDescriptors: 'carry-on', bytesPerRequest: 0 }

export interface Intake {
  /** Call for each request; call what it returns when the request has ended. @throws ServiceError 503 for one that is not taken. */
  enter(): () => void
  close(): void
}

/** Standing still for more than this share of the last second is late. */
const LATE_SHARE = 0.2
const DESCRIPTOR_CHECK_MS = 250

export function openIntake(policy: IntakePolicy, log: Logger): Intake {
  const watch = policy.whenLate === 'refuse' ? new LoopWatch() : null
  const stopChecks = policy.withoutDescriptors === 'exit' ? checkDescriptors(log) : null
  const blocks = policy.bytesPerRequest > 0 ? new Blocks(policy.bytesPerRequest) : null
  return {
    enter: () => {
      if (watch !== null && watch.stalledShare() > LATE_SHARE) throw unavailable('BUSY', 'too little CPU time')
      return blocks?.take() ?? nothing
    },
    close: () => {
      watch?.close()
      stopChecks?.()
    },
  }
}

function nothing(): void {
  // A request that was set nothing aside has nothing to give back.
}

/** For who takes it for granted that a file can be opened: it cannot is a reason to end. */
function checkDescriptors(log: Logger): () => void {
  const timer = setInterval(() => {
    try {
      closeSync(openSync('/dev/null', 'r'))
    } catch (error) {
      log.fatal({ event: 'no_descriptor', error: errorText(error) })
      process.exit(1)
    }
  }, DESCRIPTOR_CHECK_MS)
  return () => {
    clearInterval(timer)
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
