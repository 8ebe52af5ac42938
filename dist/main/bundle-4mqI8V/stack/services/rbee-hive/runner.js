/** Gives jobs to workers, and to another one when a worker does not finish. */
import { ServiceError, errorText, unavailable } from "../shared/failure.js";
import { WorkerRefusal } from "./worker-link.js";
export class JobRunner {
    #registry;
    #policy;
    #log;
    #onFailover;
    constructor(registry, policy, log, onFailover) {
        this.#registry = registry;
        this.#policy = policy;
        this.#log = log;
        this.#onFailover = onFailover;
    }
    /** Returns when the job has its whole answer. @throws ServiceError 503 or 507. */
    async run(job) {
        const refused = new Set();
        let broken = 0;
        while (broken < this.#policy.maxRuns) {
            const worker = await this.#pick(refused);
            worker.inFlight += 1;
            worker.usedMs = performance.now();
            try {
                await this.#runOn(worker, job);
                return;
            }
            catch (error) {
                if (error instanceof WorkerRefusal && (error.status === 507 || error.status === 503)) {
                    refused.add(worker.id);
                }
                else {
                    broken += 1;
                    this.#registry.suspect(worker);
                    this.#onFailover();
                    const line = { job_id: job.id, registration: worker.id, worker: worker.claim.workerId, tokens: job.tokens };
                    this.#log.warn({ event: 'run_failed', ...line, run: broken, error: errorText(error) });
                }
            }
            finally {
                worker.inFlight -= 1;
            }
        }
        throw unavailable('WORKERS_FAILED', `${String(broken)} workers broke off`);
    }
    #runOn(worker, job) {
        return worker.link.infer({
            jobId: job.id,
            task: job.task,
            skipTokens: job.tokens,
            onBegin: () => {
                job.begin(worker.claim.workerId);
            },
            onTokens: (text, tokens) => {
                job.add({ text, tokens });
            },
        });
    }
    /** The candidate with the least to do; waits for one to appear. @throws ServiceError 507 when each of them refused. */
    async #pick(refused) {
        const deadlineMs = performance.now() + this.#policy.workerWaitMs;
        for (;;) {
            const candidates = this.#registry.candidates();
            const free = candidates.filter((worker) => !refused.has(worker.id));
            const [first, ...others] = free;
            if (first !== undefined)
                return others.reduce((best, worker) => (isBefore(worker, best) ? worker : best), first);
            if (candidates.length > 0)
                throw new ServiceError(507, 'INSUFFICIENT_VRAM', 'no worker has the memory for this request');
            const leftMs = deadlineMs - performance.now();
            if (leftMs <= 0)
                throw unavailable('NO_WORKER', 'no worker is ready');
            await this.#candidateWithin(leftMs);
        }
    }
    #candidateWithin(limitMs) {
        return new Promise((resolve) => {
            const done = () => {
                clearTimeout(timer);
                stopListening();
                resolve();
            };
            const timer = setTimeout(done, limitMs);
            const stopListening = this.#registry.onCandidate(done);
        });
    }
}
/** Less to do, or waiting for longer. */
function isBefore(one, other) {
    return one.inFlight === other.inFlight ? one.usedMs < other.usedMs : one.inFlight < other.inFlight;
}
