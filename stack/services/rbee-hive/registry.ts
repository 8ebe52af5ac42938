/** The pool of workers: who registered, who is ready, who is gone. Knows no sockets and no timers; the time comes from outside. */
import type { HivePolicy } from './policy.ts'
import type { ProcessIdentity } from './process-info.ts'

type MemberState = 'registering' | 'ready' | 'stopping' | 'failed'

/** How to reach a worker; closed when the member leaves the pool, which ends the requests on it. */
export interface WorkerLink {
  close(reason: string): void
}

export interface WorkerClaim {
  readonly workerId: string
  readonly url: string
  readonly container: string
  readonly vramBytes: number
  readonly process: ProcessIdentity | null
}

export interface Member<Link extends WorkerLink = WorkerLink> {
  /** Of this registration: a worker that registers again gets another. */
  readonly id: string
  readonly claim: WorkerClaim
  readonly link: Link
  state: MemberState
  inFlight: number
  vramUsedBytes: number
  /** When it last got work: among equals, the one that waited longest is next. */
  usedMs: number
  sinceMs: number
  lastSeenMs: number
  /** A request to it broke off: no work until it has been heard again. */
  suspect: boolean
  /** Another process of the same worker was in the pool before. */
  readonly cameBack: boolean
  /** Its unfinished requests were taken from it, though it is still in the pool. */
  cutOff: boolean
  reason: string | null
}

interface RegistryEvents {
  failed(member: Member, reason: string): void
  removed(member: Member, reason: string): void
}

export interface RegistryOptions<Link extends WorkerLink> {
  readonly policy: HivePolicy
  readonly newId: () => string
  readonly openLink: (claim: WorkerClaim) => Link
  readonly isAlive: (process: ProcessIdentity) => boolean
  readonly events: RegistryEvents
}

/** More failed registrations than this are not kept: a worker that crashes in a loop must not fill the memory. */
const MAX_FAILED_LISTED = 256

export class WorkerRegistry<Link extends WorkerLink = WorkerLink> {
  readonly #options: RegistryOptions<Link>
  readonly #members = new Map<string, Member<Link>>()
  readonly #listeners = new Set<() => void>()
  /** Ids of workers: as many as there ever were containers. */
  readonly #wereReady = new Set<string>()

  constructor(options: RegistryOptions<Link>) {
    this.#options = options
  }

  list(): readonly Member<Link>[] {
    return [...this.#members.values()]
  }

  /** By registration, or the newest one of a worker. */
  find(id: string): Member<Link> | undefined {
    return this.#members.get(id) ?? this.list().findLast((member) => member.claim.workerId === id)
  }

  /** Members that may get work. */
  candidates(): Member<Link>[] {
    const early = this.#options.policy.givesWork === 'when-registered' ? 'registering' : 'ready'
    return this.list().filter(({ state, suspect }) => (state === 'ready' || state === early) && !suspect)
  }

  register(claim: WorkerClaim, nowMs: number): Member<Link> {
    // The same container with a new process: what was ready there is gone. One that never got ready runs into its limit.
    for (const old of this.list()) {
      const replaced = old.state === 'stopping' || (old.state === 'ready' && this.#options.policy.removesDead)
      if (old.claim.workerId === claim.workerId && replaced) this.#remove(old, 'registered again')
    }
    const member: Member<Link> = {
      id: this.#options.newId(),
      claim,
      link: this.#options.openLink(claim),
      state: 'registering',
      inFlight: 0,
      vramUsedBytes: 0,
      usedMs: 0,
      sinceMs: nowMs,
      lastSeenMs: nowMs,
      suspect: false,
      cameBack: this.#wereReady.has(claim.workerId),
      cutOff: false,
      reason: null,
    }
    this.#members.set(member.id, member)
    return member
  }

  /** False when the registration is not waiting for this: unknown, failed, or being stopped. */
  ready(id: string, nowMs: number): boolean {
    const member = this.#members.get(id)
    if (member?.state === 'ready') return true
    if (member?.state !== 'registering') return false
    member.state = 'ready'
    member.sinceMs = nowMs
    member.lastSeenMs = nowMs
    this.#wereReady.add(member.claim.workerId)
    this.#changed()
    return true
  }

  /** False when the registration is unknown or has failed: the worker has to register anew. */
  heartbeat(id: string, report: { stopping: boolean; vramUsedBytes: number }, nowMs: number): boolean {
    const member = this.#members.get(id)
    if (member === undefined || member.state === 'failed') return false
    member.lastSeenMs = nowMs
    member.vramUsedBytes = report.vramUsedBytes
    if (report.stopping && member.state === 'ready') this.beginStop(member, 'the worker is leaving', nowMs)
    if (member.suspect) {
      member.suspect = false
      this.#changed()
    }
    return true
  }

  /** A request to this member broke off. Whether it is gone for good shows at once where its process can be seen. */
  suspect(member: Member<Link>): void {
    if (!this.#members.has(member.id)) return
    member.suspect = true
    if (this.#options.policy.removesDead && this.#isGone(member)) this.#remove(member, 'process gone')
  }

  beginStop(member: Member<Link>, reason: string, nowMs: number): void {
    member.state = 'stopping'
    member.reason = reason
    member.sinceMs = nowMs
  }

  /** Applies all limits. `stallMs` is how long the hive itself was not running, which is no fault of the workers. */
  sweep(nowMs: number, stallMs: number): void {
    for (const member of this.list()) {
      if (stallMs > 0) {
        member.lastSeenMs += stallMs
        member.sinceMs += stallMs
      }
      this.#sweepMember(member, nowMs)
    }
    const failed = this.list().filter((member) => member.state === 'failed')
    for (const member of failed.slice(0, Math.max(0, failed.length - MAX_FAILED_LISTED))) this.#members.delete(member.id)
  }

  remove(member: Member<Link>, reason: string): void {
    if (this.#members.has(member.id)) this.#remove(member, reason)
  }

  /** `listener` is called whenever a member may get work that could not before. Returns what ends it. */
  onCandidate(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #sweepMember(member: Member<Link>, nowMs: number): void {
    const { policy } = this.#options
    const silent = nowMs - member.lastSeenMs > policy.deadAfterMs
    switch (member.state) {
      case 'registering':
        if (nowMs - member.sinceMs > policy.registrationLimitMs) this.#fail(member, 'not ready in time', nowMs)
        return
      case 'ready':
        if (!policy.removesDead) return
        if (this.#isGone(member)) this.#remove(member, 'process gone')
        else if (silent) this.#remove(member, 'no heartbeat')
        return
      case 'stopping':
        // It is told to end, so silence is no death: only its exit is, where that can be seen.
        if (member.claim.process === null ? silent : this.#isGone(member)) this.#remove(member, 'stopped')
        else if (silent && !member.cutOff) this.#cutOff(member)
        return
      case 'failed':
        if (nowMs - member.sinceMs > policy.failedListedMs) this.#members.delete(member.id)
    }
  }

  #isGone(member: Member<Link>): boolean {
    return member.claim.process !== null && !this.#options.isAlive(member.claim.process)
  }

  /** What it works on goes to others: nobody can wait until it has been ended by force. */
  #cutOff(member: Member<Link>): void {
    member.cutOff = true
    member.link.close('silent while it is being stopped')
  }

  #fail(member: Member<Link>, reason: string, nowMs: number): void {
    member.state = 'failed'
    member.reason = reason
    member.sinceMs = nowMs
    member.link.close(reason)
    this.#options.events.failed(member, reason)
  }

  #remove(member: Member<Link>, reason: string): void {
    this.#members.delete(member.id)
    member.link.close(reason)
    this.#options.events.removed(member, reason)
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
