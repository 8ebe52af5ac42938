/** Ends workers: SIGTERM, and SIGKILL for those that do not heed it. */
import { ServiceError } from "../shared/failure.js";
export class WorkerStopper {
    #registry;
    #options;
    #log;
    #timers = new Set();
    constructor(registry, options, log) {
        this.#registry = registry;
        this.#options = options;
        this.#log = log;
    }
    /** @throws ServiceError 409 when the member is not one that can be stopped. */
    stop(member) {
        const { process } = member.claim;
        if (process === null)
            throw new ServiceError(409, 'NOT_STOPPABLE', 'the process of this worker is not visible to the hive');
        if (member.state === 'failed')
            throw new ServiceError(409, 'ALREADY_FAILED', 'this registration has failed');
        // A second request does not start the clock again.
        if (member.state === 'stopping' && member.reason === 'asked to stop')
            return;
        this.#registry.beginStop(member, 'asked to stop', performance.now());
        this.#signal(member, process, 'SIGTERM');
        const timer = setTimeout(() => {
            this.#timers.delete(timer);
            if (this.#options.isAlive(process))
                this.#signal(member, process, 'SIGKILL');
        }, this.#options.policy.stopLimitMs);
        this.#timers.add(timer);
    }
    close() {
        for (const timer of this.#timers)
            clearTimeout(timer);
    }
    #signal(member, process, signal) {
        const event = signal === 'SIGTERM' ? 'worker_stopping' : 'worker_force_killed';
        this.#log.info({ event, registration: member.id, worker: member.claim.workerId, pid: process.pid, signal });
        try {
            this.#options.kill(process.pid, signal);
        }
        catch (error) {
            // It ended in between, which the next sweep sees.
            this.#log.warn({ event: 'signal_failed', registration: member.id, signal, error: String(error) });
        }
    }
}
