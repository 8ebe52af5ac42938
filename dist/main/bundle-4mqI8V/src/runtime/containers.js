import { containerState } from "./container-state.js";
import { readLogs } from "./container-logs.js";
import { dockerCall, orGone } from "./docker-call.js";
import { COMPOSE_SERVICE_LABEL, ROLE_LABEL, RUN_LABEL, TOOLBOX_ROLE } from "./labels.js";
const LOG_LIMIT_MS = 20_000;
export function createContainers({ docker, runId, feed }) {
    const inspectOwn = (id, signal) => inspectOfRun(docker, runId, id, signal);
    const listed = async (labels, signal) => {
        const found = await stackContainers(docker, runId, labels, signal);
        const infos = await Promise.all(found.map((container) => inspectOwn(container.Id, signal)));
        const states = infos.filter((info) => info !== null).map(containerState);
        return states.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    };
    return {
        list: (service, signal) => listed([`${COMPOSE_SERVICE_LABEL}=${service}`], signal),
        all: (signal) => listed([], signal),
        async inspect(id, signal) {
            const info = await inspectOwn(id, signal);
            return info === null ? null : containerState(info);
        },
        async logs(id, window, signal) {
            const info = await inspectOwn(id, signal);
            if (info === null)
                return [];
            const read = dockerCall(`logs of ${info.Name}`, signal, (inner) => readLogs(docker, info.Id, info.Config.Tty, window, inner), LOG_LIMIT_MS);
            return (await orGone(read)) ?? [];
        },
        events: (sinceWallMs) => feed?.since(sinceWallMs) ?? [],
    };
}
/** Containers of the stack, running or not, without the toolbox helpers. */
export async function stackContainers(docker, runId, labels, signal) {
    const filters = JSON.stringify({ label: [`${RUN_LABEL}=${runId}`, ...labels] });
    const found = await dockerCall('list containers', signal, (abortSignal) => docker.listContainers({ all: true, filters, abortSignal }));
    return found.filter((container) => container.Labels[ROLE_LABEL] !== TOOLBOX_ROLE);
}
/** By id or name; null when it is gone, or belongs to someone else. */
export async function inspectOfRun(docker, runId, id, signal) {
    const info = await orGone(dockerCall(`inspect ${id}`, signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal })));
    return info?.Config.Labels[RUN_LABEL] === runId ? info : null;
}
