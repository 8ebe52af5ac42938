/** Ends workers: SIGTERM, and SIGKILL for those that do not heed it. */
import { ServiceError } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import type { HivePolicy } from './policy.ts'
import type { ProcessIdentity } from './process-info.ts'
import type { Member, WorkerRegistry } from './registry.ts'

export interface StopperOptions {
  readonly policy: HivePolicy
  readonly isAlive: (process: ProcessIdentity) => boolean
  readonly kill: (pid: number, signal: 'SIGTERM' | 'SIGKILL') => void
}

export class WorkerStopper {
  readonly #registry: WorkerRegistry
  readonly #options: StopperOptions
  readonly #log: Logger
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(registry: WorkerRegistry, options: StopperOptions, log: Logger) {
    this.#registry = registry
    this.#options = options
    this.#log = log
  }

  /** @throws ServiceError 409 when the member is not one that can be stopped. */
  stop(member: Member): void {
    const { process } = member.claim
    if (process === null) throw new ServiceError(409, 'NOT_STOPPABLE', 'the process of this worker is not visible to the hive')
    if (member.state === 'failed') throw new ServiceError(409, 'ALREADY_FAILED', 'this registration has failed')
    // A second request does not start the clock again.
    if (member.state === 'stopping' && member.reason === 'asked to stop') return
    this.#registry.beginStop(member, 'asked to stop', performance.now())
    if (!this.#signal(member, process, 'SIGTERM')) return
    const { stopLimitMs } = this.#options.policy
    if (stopLimitMs !== null) this.#killAfter(member, process, stopLimitMs)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #killAfter(member: Member, process: ProcessIdentity, limitMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#signal(member, process, 'SIGKILL')
    }, limitMs)
    this.#timers.add(timer)
  }

  /** False for a process that is gone: its number may be another's by now. The next sweep sees that. */
  #signal(member: Member, process: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean {
    if (!this.#options.isAlive(process)) return false
    const event = signal === 'SIGTERM' ? 'worker_stopping' : 'worker_force_killed'
    this.#log.info({ event, registration: member.id, worker: member.claim.workerId, pid: process.pid, signal })
    try {
      this.#options.kill(process.pid, signal)
    } catch (error) {
      // It ended in between.
      this.#log.warn({ event: 'signal_failed', registration: member.id, signal, error: String(error) })
    }
    return true
  }
}
