/** The canary: open loop, so that a system that hangs does not slow down the questions it is asked. */
import { CANARY_DEADLINE_MS, type CanarySample } from '../core/canary.ts'
import { later, msBetween, type Mono } from '../core/time/moment.ts'
import type { Clock } from '../core/time/clock.ts'
import { canaryRequests, type NamedRequest } from '../core/descriptor.ts'
import { answerName, type AsksForJob, type RequestOutcome, type StackRequest } from '../core/request.ts'
import type { CanaryPort, RunningCanary } from '../ports/canary.ts'
import type { RunningStack } from '../ports/stack.ts'
import { isAborted, waitUntil } from '../core/time/wait.ts'

const MAX_IN_FLIGHT = 200
const MAX_BODY_BYTES = 1024 * 1024
/** What is not forgotten is of one scenario, which lasts minutes; this many are hours. Beyond it nothing is sent. */
const MAX_SAMPLES = 200_000
/** So many failures, each with an error of its own, have the body of their answer kept, and so many characters of it. */
const MOST_BODIES = 3
const LONGEST_BODY = 500

export const canaryPort: CanaryPort = {
  start: (stack, { clock, signal, asks }) => new OpenLoopCanary(stack, clock, signal, asks ?? (() => undefined)),
}

/** One request that was due. */
interface Sent extends Pick<CanarySample, 'request' | 'intendedMs'> {
  readonly dropped: AbortController
  /** As of its outcome, null for none: a burst may come while it is under way. */
  burst: NonNullable<CanarySample['burst']> | null
  outcome: CanarySample | null
  /** Never rejects. */
  ended: Promise<void>
}

function burstOf({ burst }: Sent): Pick<CanarySample, 'burst'> {
  return burst === null ? {} : { burst }
}

class OpenLoopCanary implements RunningCanary {
  private readonly stack: RunningStack
  private readonly requests: readonly [NamedRequest, ...NamedRequest[]]
  /** How many were due so far. */
  private due = 0
  private readonly clock: Clock
  private readonly stopped = new AbortController()
  private readonly signal: AbortSignal
  private readonly asks: AsksForJob
  private readonly usualIntervalMs: number
  private intervalMs: number
  private readonly sent: Sent[] = []
  /** When the next one is due. */
  private nextMs: Mono
  /** Aborted to look at once when that is, as the pace has changed. */
  private pause = new AbortController()
  private inFlight = 0
  /** How many bursts are under way. */
  private bursts = 0
  /** Errors of which a body is kept already. */
  private readonly withBody = new Set<string | null>()

  constructor(stack: RunningStack, clock: Clock, signal: AbortSignal, asks: AsksForJob) {
    this.asks = asks
    this.stack = stack
    this.requests = canaryRequests(stack.descriptor)
    this.clock = clock
    this.usualIntervalMs = 1_000 / stack.descriptor.canary.ratePerSecond
    this.intervalMs = this.usualIntervalMs
    this.signal = AbortSignal.any([signal, this.stopped.signal])
    this.nextMs = clock.nowMs()
    void this.loop()
  }

  samples(fromMs: Mono): readonly CanarySample[] {
    return this.sent.slice(this.indexOf(fromMs)).flatMap(({ outcome }) => (outcome === null ? [] : [outcome]))
  }

  async settled(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<readonly CanarySample[]> {
    const untilSentMs = Math.max(0, msBetween(this.clock.nowMs(), toMs))
    await waitUntil(
      `the outcome of every canary request sent in ${Math.round(msBetween(fromMs, toMs))} ms`,
      () => Promise.resolve(this.pending(fromMs, toMs)),
      (pending) => pending === 0,
      { everyMs: 20, attemptMs: 1_000, limitMs: untilSentMs + CANARY_DEADLINE_MS + 2_000, signal, clock: this.clock },
    )
    return this.samples(fromMs).filter((sample) => sample.intendedMs < toMs)
  }

  pace(ratePerSecond: number | null): void {
    const intervalMs = ratePerSecond === null ? this.usualIntervalMs : 1_000 / ratePerSecond
    // From the newest on, so that no gap is longer than the longer of the two paces.
    this.nextMs = later(this.nextMs, intervalMs - this.intervalMs)
    this.intervalMs = intervalMs
    this.pause.abort()
  }

  async burst(requests: number): Promise<readonly CanarySample[]> {
    const nowMs = this.clock.nowMs()
    // Intended times only grow: what is due goes first.
    this.sendDue(nowMs)
    for (const one of this.sent) if (one.outcome === null) one.burst = 'beside'
    this.bursts += 1
    const burst = Array.from({ length: requests }, () => this.sendOne(nowMs, 'of'))
    await Promise.all(burst.map(({ ended }) => ended))
    this.bursts -= 1
    return burst.flatMap(({ outcome }) => outcome ?? [])
  }

  forget(beforeMs: Mono): void {
    this.withBody.clear()
    for (const { dropped, outcome } of this.sent.splice(0, this.indexOf(beforeMs))) {
      // A connection that the system has left hanging is one of its descriptors, which the next scenario may count.
      if (outcome === null) dropped.abort(new Error('nobody asks for this request any more'))
    }
  }

  stop(): void {
    this.stopped.abort(new Error('the canary was stopped'))
  }

  /** Of the first that was intended then or later. Intended times only grow. */
  private indexOf(fromMs: Mono): number {
    let [low, high] = [0, this.sent.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const intendedMs = this.sent[middle]?.intendedMs
      if (intendedMs !== undefined && intendedMs < fromMs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Requests of the span that have no outcome, those not yet sent included. */
  private pending(fromMs: Mono, toMs: Mono): number {
    const open = this.sent.slice(this.indexOf(fromMs), this.indexOf(toMs)).filter(({ outcome }) => outcome === null)
    return open.length + Math.max(0, Math.ceil(msBetween(this.nextMs, toMs) / this.intervalMs))
  }

  /** Sends all that is due, then sleeps until the next: a late timer delays nothing but is seen as lateness. */
  private async loop(): Promise<void> {
    this.signal.addEventListener('abort', () => {
      this.pause.abort()
    })
    while (!isAborted(this.signal) && this.sent.length < MAX_SAMPLES) {
      this.sendDue(this.clock.nowMs())
      if (isAborted(this.pause.signal)) this.pause = new AbortController()
      // Woken by a new pace or by the end: the loop looks which.
      await this.clock.sleep(Math.max(1, msBetween(this.clock.nowMs(), this.nextMs)), this.pause.signal).catch(() => undefined)
    }
  }

  private sendDue(nowMs: Mono): void {
    while (this.nextMs <= nowMs) {
      const intendedMs = this.nextMs
      this.nextMs = later(intendedMs, this.intervalMs)
      this.sendOne(intendedMs, this.bursts > 0 ? 'beside' : null)
    }
  }

  private sendOne(intendedMs: Mono, burst: Sent['burst']): Sent {
    const sentMs = this.clock.nowMs()
    const [first] = this.requests
    const { name, request } = this.requests[this.due % this.requests.length] ?? first
    this.due += 1
    const named = this.requests.length === 1 ? {} : { request: name }
    const one: Sent = { ...named, intendedMs, burst, dropped: new AbortController(), outcome: null, ended: Promise.resolve() }
    this.sent.push(one)
    // A burst has a size of its own, and is none of what piles up.
    if (burst !== 'of' && this.inFlight >= MAX_IN_FLIGHT) {
      const failed = { status: null, ok: false, error: 'overflow' }
      one.outcome = { ...named, intendedMs, sentMs, doneMs: sentMs, ...failed, ...burstOf(one) }
      return one
    }
    const counts = burst === 'of' ? 0 : 1
    this.inFlight += counts
    one.ended = this.ask(request, one, sentMs).finally(() => {
      this.inFlight -= counts
    })
    return one
  }

  private async ask(request: StackRequest, one: Sent, sentMs: Mono): Promise<void> {
    const { dropped, request: name, intendedMs } = one
    const asked = { ...(name === undefined ? {} : { request: name }), intendedMs }
    const known = (what: Omit<CanarySample, 'request' | 'intendedMs' | 'sentMs' | 'doneMs' | 'burst'>): void => {
      one.outcome = { ...asked, sentMs, doneMs: this.clock.nowMs(), ...what, ...burstOf(one) }
    }
    try {
      const outcome = await request.send({
        baseUrl: this.stack.entryUrl,
        variables: this.stack.variables,
        deadlineMs: Math.max(1, CANARY_DEADLINE_MS - msBetween(asked.intendedMs, sentMs)),
        maxBytes: MAX_BODY_BYTES,
        signal: AbortSignal.any([this.signal, dropped.signal]),
        asks: this.asks,
      })
      // A request that our own side cut short says nothing of the system.
      if (outcome.error === 'aborted') return
      const { status, code, good, reason, wrong, complete, jobId, refusedJob, retryAfterSeconds } = outcome
      const isCut = !complete && answerName(outcome) !== null
      known({
        ...{ status, ...(code === undefined ? {} : { code }), ok: good, error: reason },
        ...(isCut ? { cut: true } : {}),
        ...(wrong === true ? { wrong } : {}),
        ...(jobId === undefined ? {} : { jobId }),
        ...(refusedJob === undefined ? {} : { refusedJob }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...this.bodyOfFailed(outcome),
      })
    } catch (error) {
      known({ status: null, ok: false, error: `could not be sent: ${String(error)}` })
    }
  }

  private bodyOfFailed({ good, reason, body }: RequestOutcome): Pick<CanarySample, 'body'> {
    if (good || body === '' || this.withBody.has(reason) || this.withBody.size >= MOST_BODIES) return {}
    this.withBody.add(reason)
    return { body: begin(body) }
  }
}

/** No word is cut in two: half a secret is one that no redaction knows. */
function begin(body: string): string {
  return body.length <= LONGEST_BODY ? body : `${body.slice(0, LONGEST_BODY).replace(/[^\s"'<>,;(){}]*$/, '')}…`
}
