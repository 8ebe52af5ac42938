/** More failed registrations than this are not kept: a worker that crashes in a loop must not fill the memory. */
const MAX_FAILED_LISTED = 256;
export class WorkerRegistry {
    #options;
    #members = new Map();
    #listeners = new Set();
    constructor(options) {
        this.#options = options;
    }
    list() {
        return [...this.#members.values()];
    }
    /** By registration, or the newest one of a worker. */
    find(id) {
        return this.#members.get(id) ?? this.list().findLast((member) => member.claim.workerId === id);
    }
    /** Members that may get work. */
    candidates() {
        return this.list().filter((member) => member.state === 'ready' && !member.suspect);
    }
    register(claim, nowMs) {
        // The same container with a new process: what was ready there is gone. One that never got ready runs into its limit.
        for (const old of this.list()) {
            if (old.claim.workerId === claim.workerId && old.state !== 'registering' && old.state !== 'failed')
                this.#remove(old, 'registered again');
        }
        const member = {
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
            reason: null,
        };
        this.#members.set(member.id, member);
        return member;
    }
    /** False when the registration is not waiting for this: unknown, failed, or being stopped. */
    ready(id, nowMs) {
        const member = this.#members.get(id);
        if (member?.state === 'ready')
            return true;
        if (member?.state !== 'registering')
            return false;
        member.state = 'ready';
        member.sinceMs = nowMs;
        member.lastSeenMs = nowMs;
        this.#changed();
        return true;
    }
    /** False when the registration is unknown or has failed: the worker has to register anew. */
    heartbeat(id, report, nowMs) {
        const member = this.#members.get(id);
        if (member === undefined || member.state === 'failed')
            return false;
        member.lastSeenMs = nowMs;
        member.vramUsedBytes = report.vramUsedBytes;
        if (report.stopping && member.state === 'ready')
            this.beginStop(member, 'the worker is leaving', nowMs);
        if (member.suspect) {
            member.suspect = false;
            this.#changed();
        }
        return true;
    }
    /** A request to this member broke off. Whether it is gone for good shows at once where its process can be seen. */
    suspect(member) {
        if (!this.#members.has(member.id))
            return;
        member.suspect = true;
        if (this.#isGone(member))
            this.#remove(member, 'process gone');
    }
    beginStop(member, reason, nowMs) {
        member.state = 'stopping';
        member.reason = reason;
        member.sinceMs = nowMs;
    }
    /** Applies all limits. `stallMs` is how long the hive itself was not running, which is no fault of the workers. */
    sweep(nowMs, stallMs) {
        for (const member of this.list()) {
            if (stallMs > 0) {
                member.lastSeenMs += stallMs;
                member.sinceMs += stallMs;
            }
            this.#sweepMember(member, nowMs);
        }
        const failed = this.list().filter((member) => member.state === 'failed');
        for (const member of failed.slice(0, Math.max(0, failed.length - MAX_FAILED_LISTED)))
            this.#members.delete(member.id);
    }
    remove(member, reason) {
        if (this.#members.has(member.id))
            this.#remove(member, reason);
    }
    /** `listener` is called whenever a member may get work that could not before. Returns what ends it. */
    onCandidate(listener) {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }
    #sweepMember(member, nowMs) {
        const { policy } = this.#options;
        switch (member.state) {
            case 'registering':
                if (nowMs - member.sinceMs > policy.registrationLimitMs)
                    this.#fail(member, 'not ready in time', nowMs);
                return;
            case 'ready':
                if (this.#isGone(member))
                    this.#remove(member, 'process gone');
                else if (nowMs - member.lastSeenMs > policy.deadAfterMs)
                    this.#remove(member, 'no heartbeat');
                return;
            case 'stopping':
                // It is told to end, so silence is no death: only its exit is, where that can be seen.
                if (member.claim.process === null ? nowMs - member.lastSeenMs > policy.deadAfterMs : this.#isGone(member)) {
                    this.#remove(member, 'stopped');
                }
                return;
            case 'failed':
                if (nowMs - member.sinceMs > policy.failedListedMs)
                    this.#members.delete(member.id);
        }
    }
    #isGone(member) {
        return member.claim.process !== null && !this.#options.isAlive(member.claim.process);
    }
    #fail(member, reason, nowMs) {
        member.state = 'failed';
        member.reason = reason;
        member.sinceMs = nowMs;
        member.link.close(reason);
        this.#options.events.failed(member, reason);
    }
    #remove(member, reason) {
        this.#members.delete(member.id);
        member.link.close(reason);
        this.#options.events.removed(member, reason);
    }
    #changed() {
        for (const listener of [...this.#listeners])
            listener();
    }
}
