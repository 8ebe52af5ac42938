/**
 * Connections to one origin, some of them kept open and proven ahead of need. A fresh connection costs a second for every
 * lost SYN; one that is already open costs a lost segment a fifth of that.
 */
import { Client } from 'undici';
import { errorText } from "../shared/failure.js";
const MAX_OPENING = 12;
/** A request may wait for its connection for as long as its own limit lets it. */
const CONNECT_LIMIT_MS = 4_000;
/**
 * The kernel remembers the losses of a connection and waits ever longer on it for the next one, seconds in the end. So a
 * connection is replaced after a few requests, as far as that many replacements a second allow.
 */
const USES_BEFORE_REPLACED = 2;
const REPLACED_PER_SECOND = 8;
const REFILL_PAUSE_MS = 200;
/** Below the server's 120 s, so that it is this side who closes. */
const KEEP_ALIVE_MS = 60_000;
export class WarmPool {
    #options;
    #log;
    /** In the order of their last use: the longest idle goes first. */
    #idle = new Set();
    #opening = 0;
    #refillTimer = null;
    #closed = false;
    #wasWarm = false;
    #replacements = 0;
    #replacementsSinceMs = 0;
    constructor(options, log) {
        this.#options = options;
        this.#log = log;
    }
    get idle() {
        return this.#idle.size;
    }
    start() {
        this.#refill();
    }
    /** An idle connection, or a new one that connects with its first request. */
    acquire() {
        const warm = this.#idle.values().next().value;
        if (warm === undefined)
            return this.#open();
        this.#idle.delete(warm);
        warm.uses += 1;
        this.#refill();
        return warm;
    }
    /** Gives back a connection whose answer came whole. */
    release(connection) {
        const full = this.#idle.size >= this.#options.maxIdle;
        const worn = connection.slow || (connection.uses >= USES_BEFORE_REPLACED && this.#mayReplace());
        if (this.#closed || full || worn || connection.client.destroyed)
            this.discard(connection);
        else
            this.#idle.add(connection);
    }
    /** Ends a connection, and the request on it. */
    discard(connection) {
        this.#idle.delete(connection);
        connection.client.destroy().catch((error) => {
            this.#log.debug({ event: 'connection_not_destroyed', error: errorText(error) });
        });
        this.#refill();
    }
    /** Asks the probe page on a connection of its own. @throws whatever kept it from answering 200. */
    async probe() {
        this.release(await this.#openWarm());
    }
    async close() {
        this.#closed = true;
        if (this.#refillTimer !== null)
            clearTimeout(this.#refillTimer);
        const idle = [...this.#idle];
        this.#idle.clear();
        await Promise.allSettled(idle.map((connection) => connection.client.destroy()));
    }
    #open() {
        const client = new Client(this.#options.origin, {
            pipelining: 1,
            keepAliveTimeout: KEEP_ALIVE_MS,
            headersTimeout: 0,
            bodyTimeout: 0,
            // One address family at a time: the race between two starts over at 250 ms, which a lost SYN exceeds.
            autoSelectFamily: false,
            connect: { timeout: CONNECT_LIMIT_MS, keepAlive: true },
        });
        const connection = { client, slow: false, uses: 0 };
        const openedMs = performance.now();
        client.once('connect', () => {
            connection.slow = performance.now() - openedMs > this.#options.openLimitMs;
        });
        client.on('disconnect', () => {
            if (this.#idle.has(connection))
                this.discard(connection);
        });
        return connection;
    }
    async #openWarm() {
        const connection = this.#open();
        try {
            const signal = AbortSignal.timeout(this.#options.openLimitMs);
            const { statusCode, body } = await connection.client.request({ method: 'GET', path: this.#options.probePath, signal });
            await body.dump();
            if (statusCode !== 200)
                throw new Error(`${this.#options.probePath} answered ${String(statusCode)}`);
            return connection;
        }
        catch (error) {
            this.discard(connection);
            throw error;
        }
    }
    /** Brings the idle ones back to the target, a few at a time, in the background. */
    #refill() {
        while (!this.#closed && this.#refillTimer === null && this.#opening < MAX_OPENING && this.#idle.size + this.#opening < this.#options.target) {
            this.#opening += 1;
            void this.#addOne();
        }
    }
    async #addOne() {
        const error = await this.#openWarm().then((connection) => {
            this.release(connection);
            return null;
        }, (reason) => errorText(reason));
        this.#opening -= 1;
        this.#reportChange(error);
        if (error === null)
            this.#refill();
        else
            this.#refillLater();
    }
    #refillLater() {
        if (this.#closed || this.#refillTimer !== null)
            return;
        this.#refillTimer = setTimeout(() => {
            this.#refillTimer = null;
            this.#refill();
        }, REFILL_PAUSE_MS);
    }
    #mayReplace() {
        const nowMs = performance.now();
        if (nowMs - this.#replacementsSinceMs >= 1_000) {
            this.#replacementsSinceMs = nowMs;
            this.#replacements = 0;
        }
        this.#replacements += 1;
        return this.#replacements <= REPLACED_PER_SECOND;
    }
    #reportChange(error) {
        const isWarm = this.#idle.size > 0;
        if (isWarm === this.#wasWarm)
            return;
        this.#wasWarm = isWarm;
        if (isWarm)
            this.#log.info({ event: 'upstream_reached', origin: this.#options.origin });
        else
            this.#log.warn({ event: 'upstream_lost', origin: this.#options.origin, error });
    }
}
