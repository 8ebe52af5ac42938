/** Headers of the upstream's answer that mean something to the client. */
const PASSED_HEADERS = ['content-type', 'cache-control', 'x-worker-id'];
/** Writes the head at once: from here on the client's status is decided. */
export function relayBody(response, head, policy, flow, events) {
    response.writeHead(head.status, { ...passedHeaders(head.upstream), ...head.own });
    const end = () => {
        clear();
        response.end();
        events.done('whole', null);
    };
    const cut = (reason) => {
        clear();
        response.destroy();
        events.done('cut', reason);
    };
    const idle = setTimeout(() => {
        // A client that takes nothing is not an upstream that sends nothing.
        if (response.writableNeedDrain) {
            idle.refresh();
            return;
        }
        if (policy.whenIdle === 'end')
            end();
        flow.abort(new Error(`nothing came for ${String(policy.idleMs)} ms`));
    }, policy.idleMs);
    const total = policy.totalMs === null
        ? null
        : setTimeout(() => {
            flow.abort(new Error(`the body took longer than ${String(policy.totalMs)} ms`));
        }, policy.totalMs);
    const onDrain = () => {
        flow.resume();
    };
    const clear = () => {
        clearTimeout(idle);
        if (total !== null)
            clearTimeout(total);
        response.off('drain', onDrain);
    };
    response.on('drain', onDrain);
    return {
        data: (chunk) => {
            idle.refresh();
            return response.write(chunk);
        },
        end,
        cut: (error) => {
            if (!response.writableEnded)
                cut(error.message);
        },
    };
}
export function passedHeaders(upstream) {
    const found = {};
    for (const name of PASSED_HEADERS) {
        const value = upstream[name];
        if (typeof value === 'string')
            found[name] = value;
    }
    return found;
}
