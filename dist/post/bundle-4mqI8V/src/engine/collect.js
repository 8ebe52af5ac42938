/** Logs, events and the canary's series of a scenario's window. */
import { latencyMs } from "../core/canary.js";
import { isoTime } from "../core/clock.js";
import { describeError } from "../core/errors.js";
import { EVENTS_PER_SCENARIO, LOG_BYTES_PER_CONTAINER } from "./options.js";
export async function collect(deps, scenarioId, window, samples, signal) {
    const [logs, series] = await Promise.all([
        collectLogs(deps, scenarioId, window, signal),
        writeSeries(deps, scenarioId, samples, window.originMs),
    ]);
    return { logs, events: containerEvents(deps, window.sinceWallMs), series };
}
async function collectLogs(deps, scenarioId, window, signal) {
    const containers = await deps.containers.all(signal);
    const byService = new Map();
    for (const container of containers) {
        const lines = await deps.containers
            .logs(container.id, { ...window, maxBytes: LOG_BYTES_PER_CONTAINER }, signal)
            .catch((error) => [
            {
                atMs: window.untilWallMs,
                stream: 'stderr',
                text: `[logs of ${container.name} could not be read: ${describeError(error, 200)}]`,
            },
        ]);
        const texts = lines.map((line) => `${isoTime(line.atMs)} ${container.name} ${line.text}`);
        byService.set(container.service, [...(byService.get(container.service) ?? []), ...texts]);
    }
    const files = [];
    for (const [service, lines] of [...byService].sort(([a], [b]) => a.localeCompare(b))) {
        const file = await deps.artifacts.write(`logs/${scenarioId}/${service}.log`, lines.length === 0 ? '' : `${lines.sort().join('\n')}\n`);
        files.push({ service, file });
    }
    return files;
}
function containerEvents(deps, sinceWallMs) {
    return deps.containers
        .events(sinceWallMs)
        .filter((event) => !event.action.startsWith('exec_'))
        .slice(-EVENTS_PER_SCENARIO)
        .map((event) => ({
        at: isoTime(event.atMs),
        source: event.service === '' ? 'docker' : event.service,
        kind: event.action,
        detail: event.containerId.slice(0, 12) +
            (event.attributes['exitCode'] === undefined ? '' : ` exit code ${event.attributes['exitCode']}`),
    }));
}
/** One JSON object per canary request, times in ms from the start of the scenario. */
async function writeSeries(deps, scenarioId, samples, originMs) {
    if (samples.length === 0)
        return null;
    const lines = samples.map((sample) => JSON.stringify({
        atMs: Math.round(sample.intendedMs - originMs),
        latencyMs: Math.round(latencyMs(sample) * 10) / 10,
        status: sample.status,
        ok: sample.ok,
        error: sample.error,
    }));
    return { file: await deps.artifacts.write(`series/${scenarioId}.jsonl`, `${lines.join('\n')}\n`) };
}
