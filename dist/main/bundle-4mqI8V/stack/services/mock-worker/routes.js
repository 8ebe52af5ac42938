import { once } from 'node:events';
import { errorText } from "../shared/failure.js";
import { parseInference } from "./inference.js";
/** `POST /v1/inference`: JSON at the end, or one JSON line per piece as it is made. The last line says `end`. */
export function addInferenceRoute(server, engine, log) {
    server.post('/v1/inference', async (request, reply) => {
        const inference = parseInference(request.body);
        const gone = new AbortController();
        reply.raw.once('close', () => {
            if (!reply.raw.writableFinished)
                gone.abort();
        });
        const pieces = engine.begin(inference, gone.signal);
        try {
            if (inference.task.stream)
                await sendLines(reply, pieces);
            else
                await sendJson(reply, pieces);
        }
        catch (error) {
            if (!gone.signal.aborted)
                throw error;
            log.info({ event: 'inference_cancelled', job_id: inference.jobId, error: errorText(error) });
            void reply.hijack();
        }
    });
}
async function sendJson(reply, pieces) {
    let text = '';
    let tokens = 0;
    for await (const piece of pieces) {
        text += piece.text;
        tokens += piece.tokens;
    }
    void reply.type('application/json; charset=utf-8').send(JSON.stringify({ text, tokens }));
}
async function sendLines(reply, pieces) {
    void reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    raw.flushHeaders();
    for await (const piece of pieces) {
        if (!raw.write(`${JSON.stringify(piece)}\n`))
            await once(raw, 'drain');
    }
    raw.end(`${JSON.stringify({ end: true })}\n`);
}
