/** The canary of the system in memory. */
import type { CanarySample } from '../../core/canary.ts'
import type { AsksForJob } from '../../core/request.ts'
import { later, latest, msBetween, type Mono } from '../../core/time/moment.ts'
import { isAborted, waitUntil } from '../../core/time/wait.ts'
import type { CanaryPort, RunningCanary } from '../../ports/canary.ts'
import { sampleOf, type Answer, type World } from './world.ts'

export function fakeCanary(world: World): CanaryPort {
  return {
    start(stack, options) {
      world.note('canary starts')
      return new FakeCanary(world, stack.descriptor.canary.ratePerSecond, options.signal, options.asks)
    },
  }
}

/** As the real one: requests at a rate, outcomes when they are there, open loop. */
class FakeCanary implements RunningCanary {
  private readonly world: World
  private readonly usualMs: number
  private intervalMs: number
  private readonly stopped = new AbortController()
  private sent: { readonly sample: CanarySample }[] = []
  private nextMs: Mono
  private burstUntilMs: Mono
  private readonly asks: AsksForJob

  constructor(world: World, rate: number, signal: AbortSignal, asks: AsksForJob = () => undefined) {
    this.asks = asks
    this.world = world
    this.usualMs = 1_000 / rate
    this.intervalMs = this.usualMs
    this.nextMs = world.clock.nowMs()
    this.burstUntilMs = this.nextMs
    signal.addEventListener('abort', () => {
      this.stopped.abort()
    })
    void this.loop()
  }

  samples(fromMs: Mono): readonly CanarySample[] {
    const nowMs = this.world.clock.nowMs()
    return this.sent.map(({ sample }) => sample).filter(({ intendedMs, doneMs }) => intendedMs >= fromMs && doneMs <= nowMs)
  }

  async settled(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<readonly CanarySample[]> {
    const { clock } = this.world
    const pending = (): number =>
      this.sent.filter(({ sample }) => sample.intendedMs < toMs && sample.doneMs > clock.nowMs()).length +
      (this.nextMs < toMs ? 1 : 0)
    const limitMs = Math.max(0, msBetween(clock.nowMs(), toMs)) + 17_000
    const options = { everyMs: 20, attemptMs: 1_000, limitMs, signal, clock }
    const read = (): Promise<number> => Promise.resolve(pending())
    await waitUntil('outcomes', read, (left) => left === 0, options)
    return this.samples(fromMs).filter(({ intendedMs }) => intendedMs < toMs)
  }

  pace(ratePerSecond: number | null): void {
    this.world.note(ratePerSecond === null ? 'canary: usual pace' : `canary: ${ratePerSecond} a second`)
    this.intervalMs = ratePerSecond === null ? this.usualMs : 1_000 / ratePerSecond
  }

  async burst(requests: number): Promise<readonly CanarySample[]> {
    const { clock } = this.world
    this.world.note(`canary: ${requests} at once`)
    const nowMs = clock.nowMs()
    const of = { burst: 'of' } as const
    const answers = Array.from({ length: requests }, (_, place) => this.world.answerAtOnce(nowMs, place))
    const burst = answers.filter((answer) => answer !== null).map((answer) => ({ ...this.asked(nowMs, answer), ...of }))
    this.sent.push(...burst.map((sample) => ({ sample })))
    this.burstUntilMs = burst.reduce((last, { doneMs }) => latest(last, doneMs), nowMs)
    await clock.sleep(msBetween(nowMs, this.burstUntilMs))
    return burst
  }

  forget(beforeMs: Mono): void {
    const kept = this.sent.filter(({ sample }) => sample.intendedMs >= beforeMs)
    this.world.note(`canary forgets ${this.sent.length - kept.length}`)
    this.sent = kept
  }

  stop(): void {
    if (!this.stopped.signal.aborted) this.world.note('canary stops')
    this.stopped.abort()
  }

  private asked(atMs: Mono, answer: Answer): CanarySample {
    this.asks(answer.askedJob === undefined ? (answer.jobId ?? null) : answer.askedJob)
    return sampleOf(this.world, atMs, answer)
  }

  private async loop(): Promise<void> {
    const { clock } = this.world
    while (!isAborted(this.stopped.signal)) {
      while (this.nextMs <= clock.nowMs()) {
        const sample = this.asked(this.nextMs, this.world.answer(this.nextMs))
        this.sent.push({ sample: this.nextMs < this.burstUntilMs ? { ...sample, burst: 'beside' } : sample })
        this.nextMs = later(this.nextMs, this.intervalMs)
      }
      await clock.sleep(msBetween(clock.nowMs(), this.nextMs), this.stopped.signal).catch(() => undefined)
    }
  }
}
