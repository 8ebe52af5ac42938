import { taskJson } from "../shared/task.js";
export class Job {
    id;
    task;
    /** Two requests with one id must ask the same. */
    fingerprint;
    pieces = [];
    tokens = 0;
    workerId = null;
    /** A worker has taken it: it will be answered, not refused, unless that worker dies. */
    begun = false;
    ended = false;
    error = null;
    #next = Promise.withResolvers();
    constructor(id, task) {
        this.id = id;
        this.task = task;
        this.fingerprint = taskJson(task);
    }
    get text() {
        return this.pieces.map((piece) => piece.text).join('');
    }
    /** Resolves at the next change: begun, more pieces, ended, failed. */
    changed() {
        return this.#next.promise;
    }
    begin(workerId) {
        this.workerId = workerId;
        this.begun = true;
        this.#notify();
    }
    add(piece) {
        this.pieces.push(piece);
        this.tokens += piece.tokens;
        if (this.task.stream)
            this.#notify();
    }
    end() {
        this.ended = true;
        this.#notify();
    }
    fail(error) {
        this.error = error;
        this.#notify();
    }
    #notify() {
        const { resolve } = this.#next;
        this.#next = Promise.withResolvers();
        resolve(undefined);
    }
}
