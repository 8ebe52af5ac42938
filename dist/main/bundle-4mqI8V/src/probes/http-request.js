/** One HTTP request as a client of the stack would send it: new connection, bounded body, outcome as a value. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { compile } from '@jmespath-community/jmespath';
import jmespath from '@jmespath-community/jmespath';
import { fillRecord } from "../core/variables.js";
/** Never rejects: a refused connection, a cut body and a missed deadline are outcomes. @throws BAD_INPUT for an unknown variable. */
export async function sendRequest(spec, options) {
    const url = new URL(spec.path, options.baseUrl);
    const body = spec.body === null ? null : JSON.stringify(spec.body);
    const headers = fillRecord(spec.headers, options.variables);
    const startedMs = performance.now();
    return new Promise((resolve) => {
        let settled = false;
        let firstByteMs = null;
        const chunks = [];
        let bytes = 0;
        const finish = (status, error) => {
            if (settled)
                return;
            settled = true;
            clearTimeout(timer);
            options.signal.removeEventListener('abort', onAbort);
            request.destroy();
            const content = Buffer.concat(chunks);
            const reason = error ?? judgeAnswer(spec, status, content);
            resolve({
                status,
                error,
                good: reason === null,
                reason,
                firstByteMs,
                totalMs: performance.now() - startedMs,
                bytes,
                bodyHash: error === null ? createHash('sha256').update(content).digest('hex') : null,
                complete: error === null,
                body: content.toString('utf8'),
            });
        };
        const request = httpRequest(url, {
            method: spec.method,
            agent: false,
            headers: { ...headers, ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
        }, (response) => {
            const status = response.statusCode ?? null;
            response.on('data', (chunk) => {
                firstByteMs ??= performance.now() - startedMs;
                bytes += chunk.length;
                if (bytes > options.maxBytes)
                    finish(status, 'body too large');
                else
                    chunks.push(chunk);
            });
            response.on('end', () => {
                finish(status, response.complete ? null : 'cut off');
            });
            response.on('error', (error) => {
                finish(status, errorName(error));
            });
        });
        const onAbort = () => {
            finish(null, 'aborted');
        };
        const timer = setTimeout(() => {
            finish(null, 'deadline');
        }, options.deadlineMs);
        request.on('error', (error) => {
            finish(null, errorName(error));
        });
        if (options.signal.aborted)
            onAbort();
        else
            options.signal.addEventListener('abort', onAbort, { once: true });
        request.end(body ?? undefined);
    });
}
/** null when the answer is good by the descriptor's rule, else what it missed. */
function judgeAnswer(spec, status, content) {
    if (status === null || !spec.good.status.includes(status))
        return `status ${String(status)}`;
    if (spec.good.bodyMatches === null)
        return null;
    let parsed;
    try {
        parsed = JSON.parse(content.toString('utf8'));
    }
    catch {
        return 'the body is not JSON';
    }
    return matcher(spec.good.bodyMatches)(parsed) === true ? null : `the body misses ${spec.good.bodyMatches}`;
}
const matchers = new Map();
/** Compiled once: the canary asks ten times a second. Bounded by the number of requests in a descriptor. */
function matcher(expression) {
    const known = matchers.get(expression);
    if (known !== undefined)
        return known;
    const tree = compile(expression);
    const made = (value) => jmespath.TreeInterpreter.search(tree, value);
    matchers.set(expression, made);
    return made;
}
function errorName(error) {
    return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
