/** mock-worker: answers inference requests as a worker with a model would, without the model. */
import { hostname } from 'node:os';
import { readInteger, readText, readUrl } from "../shared/env.js";
import { errorText, unavailable } from "../shared/failure.js";
import { runService } from "../shared/lifecycle.js";
import { createServer } from "../shared/server.js";
import { ownAddress } from "./address.js";
import { InferenceEngine } from "./inference.js";
import { createMetrics } from "./metrics.js";
import { parseSpeeds } from "./models.js";
import { HiveRegistration } from "./registration.js";
import { addInferenceRoute } from "./routes.js";
import { VramBudget } from "./vram.js";
const MIB = 1024 * 1024;
async function start({ env, log, token }) {
    const port = readInteger(env, 'WORKER_PORT', 8001, { minimum: 1, maximum: 65_535 });
    const vram = readVram(env);
    const engine = createEngine(env, vram);
    const registration = new HiveRegistration({
        hiveOrigin: readUrl(env, 'WORKER_HIVE_URL', 'http://toxiproxy:9202'),
        token,
        identity: {
            worker_id: `worker-${hostname()}`,
            url: readUrl(env, 'WORKER_URL', `http://${ownAddress()}:${String(port)}`),
            pid: process.pid,
            container: hostname(),
            vram_bytes: vram.totalBytes - vram.usedBytes,
        },
        loadMs: readInteger(env, 'WORKER_LOAD_MS', 1_500, { minimum: 0, maximum: 600_000 }),
        heartbeatEveryMs: 500,
        report: () => ({ in_flight: engine.active, vram_used_bytes: vram.usedBytes }),
    }, log);
    const health = () => {
        if (!registration.loaded)
            throw unavailable('LOADING', 'the model is being loaded');
        return { service: 'mock-worker', in_flight: engine.active };
    };
    const metrics = createMetrics({
        active: () => engine.active,
        vramUsedBytes: () => vram.usedBytes,
        vramTotalBytes: () => vram.totalBytes,
    });
    const server = createServer({ token, log, metrics, health, ready: health });
    addInferenceRoute(server, engine, log);
    await server.listen({ host: '0.0.0.0', port, backlog: 4_096 });
    registration.run().catch((error) => {
        log.fatal({ event: 'registration_ended', error: errorText(error) });
        process.exit(1);
    });
    return {
        close: async () => {
            await registration.leave();
            await server.close();
            await registration.close();
        },
    };
}
/** What the device has and what the model takes of it at once. */
function readVram(env) {
    const limits = { minimum: 1, maximum: 1024 * 1024 };
    const totalMib = readInteger(env, 'WORKER_VRAM_MIB', 24_576, limits);
    return new VramBudget(totalMib * MIB, readInteger(env, 'WORKER_MODEL_MIB', 8_192, limits) * MIB);
}
function createEngine(env, vram) {
    const usPerToken = readInteger(env, 'WORKER_US_PER_TOKEN', 2_000, { minimum: 0, maximum: 1_000_000 });
    return new InferenceEngine({
        vram,
        speeds: parseSpeeds(readText(env, 'WORKER_MODEL_SPEEDS', 'tinyllama-draft=0.01'), usPerToken / 1_000),
        vramBytesPerToken: 1024 * readInteger(env, 'WORKER_VRAM_KIB_PER_TOKEN', 128, { minimum: 1, maximum: 1024 * 1024 }),
        longestMs: readInteger(env, 'WORKER_LONGEST_MS', 40_000, { minimum: 1, maximum: 600_000 }),
        streamEveryMs: readInteger(env, 'WORKER_STREAM_EVERY_MS', 100, { minimum: 1, maximum: 10_000 }),
        maxActive: readInteger(env, 'WORKER_MAX_ACTIVE', 2_048, { minimum: 1, maximum: 100_000 }),
    });
}
runService('mock-worker', start);
