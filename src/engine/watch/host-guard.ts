/** Watches the machine itself while something is being used up: a fault must never take the host down with its target. */
import type { Clock } from '../../core/time/clock.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { HostResult } from '../../core/result/scenario.ts'
import { roundOrNull } from '../../core/statistics.ts'
import { stolenShare } from '../../core/stolen.ts'
import { isAborted, withDeadline } from '../../core/time/wait.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'

type HostFloors = Pick<HostFacts, 'memAvailableBytes' | 'diskFreeBytes'>

const MIB = 1024 * 1024
/** Below these the kernel may kill what is not ours, and Docker may stop working. */
export const HOST_FLOORS: HostFloors = { memAvailableBytes: 512 * MIB, diskFreeBytes: 1024 * MIB }

const CHECK_EVERY_MS = 500
/** A reading that takes longer has failed: the machine is watched or it is not. */
const READ_LIMIT_MS = 3_000
/** So many readings in a row may fail before the host counts as unwatched. */
const MAX_BLIND_READINGS = 3

interface HostGuardOptions {
  readonly clock: Clock
  /** A reading of the machine. */
  readonly read: (signal: AbortSignal) => Promise<HostFacts>
  readonly floors: HostFloors
  /** For the first reading only: the watch goes on until it is stopped. */
  readonly signal: AbortSignal
}

/** What is below its floor, in words; null when nothing is. */
export function breach(facts: HostFloors, floors: HostFloors): string | null {
  const mib = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`
  if (facts.memAvailableBytes < floors.memAvailableBytes) {
    return `the machine has ${mib(facts.memAvailableBytes)} of memory available, the floor is ${mib(floors.memAvailableBytes)}`
  }
  if (facts.diskFreeBytes < floors.diskFreeBytes) {
    return `Docker's disk has ${mib(facts.diskFreeBytes)} free, the floor is ${mib(floors.diskFreeBytes)}`
  }
  return null
}

export class HostGuard {
  private readonly options: HostGuardOptions
  private readonly breached = new AbortController()
  private readonly ended = new AbortController()
  private readonly first: HostFacts
  private last: HostFacts
  private lowest: HostFloors

  private constructor(options: HostGuardOptions, first: HostFacts) {
    this.options = options
    this.first = first
    this.last = first
    this.lowest = first
  }

  /** @throws HOST_GUARD when the machine is below a floor already: then nothing may be injected. */
  static async start(options: HostGuardOptions): Promise<HostGuard> {
    const first = await reading(options, options.signal)
    const trouble = breach(first, options.floors)
    if (trouble !== null) {
      throw new ChaosError('HOST_GUARD', `${trouble}, so nothing was injected`, {
        hint: 'Free memory or disk space on the machine that runs Docker.',
      })
    }
    const guard = new HostGuard(options, first)
    void guard.watch()
    return guard
  }

  /** Aborts with HOST_GUARD when a floor is reached. */
  get signal(): AbortSignal {
    return this.breached.signal
  }

  result(): HostResult {
    const { floors } = this.options
    return {
      memAvailableMinBytes: this.lowest.memAvailableBytes,
      memAvailableFloorBytes: floors.memAvailableBytes,
      diskFreeMinBytes: this.lowest.diskFreeBytes,
      diskFreeFloorBytes: floors.diskFreeBytes,
      cpuStolenPercent: roundOrNull(100 * stolenShare(this.first, this.last), 1),
    }
  }

  stop(): void {
    this.ended.abort()
  }

  private async watch(): Promise<void> {
    const { clock, floors } = this.options
    const { signal } = this.ended
    let blind = 0
    while (!isAborted(signal)) {
      try {
        await clock.sleep(CHECK_EVERY_MS, signal)
        const facts = await reading(this.options, signal)
        blind = 0
        this.last = facts
        this.lowest = {
          memAvailableBytes: Math.min(this.lowest.memAvailableBytes, facts.memAvailableBytes),
          diskFreeBytes: Math.min(this.lowest.diskFreeBytes, facts.diskFreeBytes),
        }
        const trouble = breach(facts, floors)
        if (trouble !== null) this.abort(`${trouble}: the fault was ended`)
      } catch (error) {
        if (isAborted(signal)) return
        blind += 1
        if (blind >= MAX_BLIND_READINGS) this.abort(`the machine could not be watched any more: ${describeError(error, 300)}`)
      }
    }
  }

  private abort(reason: string): void {
    this.breached.abort(new ChaosError('HOST_GUARD', reason))
    this.stop()
  }
}

function reading({ read, clock }: HostGuardOptions, signal: AbortSignal): Promise<HostFacts> {
  return withDeadline('a look at the machine', READ_LIMIT_MS, signal, read, clock)
}
