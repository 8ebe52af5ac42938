/** Looks at k6 and its machine once a second: a generator at its own end measures itself. */
import { msBetween, type Instant, type Wall } from '../../core/time/moment.ts'
import { instantOf, type Clock } from '../../core/time/clock.ts'
import type { K6Run } from '../../ports/k6.ts'
import { roundOrNull } from '../../core/statistics.ts'
import { stolenShare } from '../../core/stolen.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import type { GeneratorLook } from '../judge/generator-facts.ts'

const EVERY_MS = 1_000
/** A look that takes longer is left out: the next one covers its time. */
const LOOK_LIMIT_MS = 5_000

export interface GeneratorWatchOptions {
  readonly clock: Clock
  readonly run: Pick<K6Run, 'cpuUs'>
  readonly machine: (signal: AbortSignal) => Promise<HostFacts>
  /** Ends the watch. */
  readonly signal: AbortSignal
}

export class GeneratorWatch {
  private readonly options: GeneratorWatchOptions
  private readonly started: Instant
  private readonly looks: GeneratorLook[] = []
  private before: HostFacts | null = null
  private cpus = 0

  constructor(options: GeneratorWatchOptions) {
    this.options = options
    this.started = instantOf(options.clock)
    void this.watch()
  }

  /** `firstSampleMs`: when the load began, by the wall clock as it went when the watch began; looks are told from there. */
  result(firstSampleMs: Wall): { readonly looks: readonly GeneratorLook[]; readonly cores: number } {
    const shiftMs = msBetween(firstSampleMs, this.started.atWallMs)
    return { looks: this.looks.map((look) => ({ ...look, atMs: look.atMs + shiftMs })), cores: this.cpus }
  }

  private async watch(): Promise<void> {
    const { clock, signal } = this.options
    while (!isAborted(signal)) {
      try {
        await this.look(AbortSignal.any([signal, AbortSignal.timeout(LOOK_LIMIT_MS)]))
      } catch {
        // Nothing is known of that second, which is what the judgement then sees.
      }
      try {
        await clock.sleep(EVERY_MS, signal)
      } catch {
        return
      }
    }
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { clock, run, machine } = this.options
    const [cpuUs, host] = await Promise.all([run.cpuUs(signal), machine(signal)])
    const atMs = msBetween(this.started.atMs, clock.nowMs())
    const machineStolen = this.before === null ? null : roundOrNull(stolenShare(this.before, host), 4)
    this.looks.push({ atMs, cpuUs, machineIdle: this.before === null ? null : idleShare(this.before, host), machineStolen })
    this.before = host
    this.cpus = host.cpus
  }
}

function idleShare(before: HostFacts, after: HostFacts): number | null {
  const totalTicks = after.cpuTotalTicks - before.cpuTotalTicks
  return totalTicks <= 0 ? null : (after.cpuIdleTicks - before.cpuIdleTicks) / totalTicks
}
