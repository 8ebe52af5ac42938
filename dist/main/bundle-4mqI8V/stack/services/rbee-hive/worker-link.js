/** Requests to one worker. */
import { Pool } from 'undici';
import { asRecord, taskJson } from "../shared/task.js";
/** A status other than 200. 507 and 503 speak of the worker's state, not of the request. */
export class WorkerRefusal extends Error {
    status;
    constructor(status, body) {
        super(`the worker answered ${String(status)}: ${body.slice(0, 200)}`);
        this.name = 'WorkerRefusal';
        this.status = status;
    }
}
/** A worker that keeps its heartbeat and never answers must not hold a job for ever. */
const ANSWER_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 1_000;
const MAX_CONNECTIONS = 2_048;
const MAX_LINE_LENGTH = 1024 * 1024;
export class HttpWorkerLink {
    #pool;
    #token;
    constructor(claim, token) {
        this.#token = token;
        this.#pool = new Pool(claim.url, {
            connections: MAX_CONNECTIONS,
            pipelining: 1,
            keepAliveTimeout: 60_000,
            headersTimeout: ANSWER_LIMIT_MS,
            bodyTimeout: ANSWER_LIMIT_MS,
            autoSelectFamily: false,
            connect: { timeout: CONNECT_LIMIT_MS },
        });
    }
    close(reason) {
        // Rejects when it is closed already, which is what was wanted.
        this.#pool.destroy(new Error(`worker removed: ${reason}`)).catch(() => undefined);
    }
    /** Delivers every token through the call, or throws. @throws WorkerRefusal, or whatever broke the connection. */
    async infer(call) {
        const { statusCode, body } = await this.#pool.request({
            method: 'POST',
            path: '/v1/inference',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
            body: inferenceJson(call),
        });
        if (statusCode !== 200)
            throw new WorkerRefusal(statusCode, await body.text());
        if (call.task.stream) {
            call.onBegin();
            await readLines(body, call);
            return;
        }
        const answer = asRecord(JSON.parse(await body.text()));
        call.onBegin();
        deliver(answer, call);
    }
}
function inferenceJson(call) {
    const own = JSON.stringify({ job_id: call.jobId, skip_tokens: call.skipTokens });
    return `${own.slice(0, -1)},${taskJson(call.task).slice(1)}`;
}
/** @throws Error when the stream ends without its last line. */
async function readLines(body, call) {
    let rest = '';
    for await (const chunk of body.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MAX_LINE_LENGTH)
            throw new Error('the worker sent an endless line');
        for (const line of lines) {
            const piece = asRecord(JSON.parse(line));
            if (piece['end'] === true)
                return;
            deliver(piece, call);
        }
    }
    throw new Error('the worker ended its answer early');
}
function deliver(piece, call) {
    const { text, tokens } = piece;
    if (typeof text !== 'string' || typeof tokens !== 'number')
        throw new Error('the worker sent a piece without text');
    call.onTokens(text, tokens);
}
