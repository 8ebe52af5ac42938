import { unavailable } from "./failure.js";
/** A bounded queue in front of the work: first come, first served; who finds it full or waits too long gets a 503. */
export class Admission {
    #limits;
    #queue = new Set();
    #active = 0;
    constructor(limits) {
        this.#limits = limits;
    }
    get active() {
        return this.#active;
    }
    get waiting() {
        return this.#queue.size;
    }
    /** Resolves with what gives the place back; call it once. @throws ServiceError 503 when full or after `limitMs`. */
    async enter(limitMs) {
        if (this.#active >= this.#limits.active)
            await this.#wait(limitMs);
        else
            this.#active += 1;
        return () => {
            this.#leave();
        };
    }
    #wait(limitMs) {
        if (this.#queue.size >= this.#limits.waiting) {
            return Promise.reject(unavailable('QUEUE_FULL', `${String(this.#queue.size)} requests are waiting already`));
        }
        return new Promise((resolve, reject) => {
            const waiter = { admit: null };
            const timer = setTimeout(() => {
                this.#queue.delete(waiter);
                reject(unavailable('QUEUE_TIMEOUT', `no free place within ${String(Math.round(limitMs))} ms`));
            }, limitMs);
            waiter.admit = () => {
                clearTimeout(timer);
                resolve();
            };
            this.#queue.add(waiter);
        });
    }
    /** The place goes straight to the next in line, so that nobody can overtake. */
    #leave() {
        const next = this.#queue.values().next().value;
        if (next === undefined) {
            this.#active -= 1;
            return;
        }
        this.#queue.delete(next);
        next.admit?.();
    }
}
