import { inspectOfRun } from "./containers.js";
export async function findTrouble(containers, expected, signal) {
    const all = await containers.all(signal);
    const of = (service) => all.filter((container) => container.service === service);
    const missing = [...expected.required].flatMap(([service, replicas]) => {
        const count = of(service).length;
        if (count === replicas)
            return [];
        return [{ service, container: null, text: `${service} has ${String(count)} of ${String(replicas)} containers`, final: false }];
    });
    const ill = [...expected.required.keys()].flatMap((service) => of(service).flatMap((container) => troubleOf(container, false)));
    const illOthers = expected.others.flatMap((service) => of(service).flatMap((container) => troubleOf(container, true)));
    return [...missing, ...ill, ...illOthers];
}
/** Nothing for a container that is as it should be. Healthy where it has a health check, running where it has none. */
export function troubleOf(container, mayHaveEnded) {
    const trouble = (text, final = false) => [
        { service: container.service, container, text: `${container.name} ${text}`, final },
    ];
    switch (container.status) {
        case 'running':
            if (container.health === null || container.health === 'healthy')
                return [];
            return trouble(container.health === 'starting' ? 'has not passed its health check yet' : `is ${container.health}`);
        case 'exited':
            if (mayHaveEnded && container.exitCode === 0)
                return [];
            return trouble(`exited with code ${String(container.exitCode)}${container.oomKilled ? ' (out of memory)' : ''}`);
        case 'dead':
            return trouble('is dead', true);
        default:
            return trouble(`is ${container.status}`);
    }
}
/** One line for `unhealthy`: null when all is well. */
export function summarize(troubles) {
    return troubles.length === 0 ? null : troubles.map((trouble) => trouble.text).join('; ');
}
const LAST_LINES = 8;
const LINE_LENGTH = 300;
/** The same with what the container itself says: its last health check and the end of its log. */
export async function explainTrouble(docker, runId, containers, trouble, signal) {
    if (trouble.container === null)
        return trouble.text;
    const id = trouble.container.id;
    const info = await inspectOfRun(docker, runId, id, signal);
    const check = info?.State.Health?.Log.at(-1);
    const health = check === undefined ? [] : [`last health check: exit ${String(check.ExitCode)}, ${oneLine(check.Output)}`];
    const startError = info === null || info.State.Error === '' ? [] : [`Docker says: ${oneLine(info.State.Error)}`];
    const logs = await containers.logs(id, { sinceWallMs: 0, untilWallMs: Date.now() + 60_000, maxBytes: 8 * 1024 }, signal);
    const lines = logs.slice(-LAST_LINES).map((line) => oneLine(line.text));
    const log = lines.length === 0 ? ['its log is empty'] : ['end of its log:', ...lines.map((line) => `  ${line}`)];
    return [trouble.text, ...[...startError, ...health, ...log].map((line) => `    ${line}`)].join('\n');
}
function oneLine(text) {
    const line = text.trim().replace(/\s+/g, ' ');
    if (line === '')
        return '(no output)';
    return line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line;
}
/** A container that exited and that Docker will not start again. */
export async function isFinal(docker, runId, trouble, signal) {
    if (trouble.final || trouble.container?.status !== 'exited')
        return trouble.final;
    const info = await inspectOfRun(docker, runId, trouble.container.id, signal);
    if (info?.State.Status !== 'exited')
        return false;
    const policy = info.HostConfig.RestartPolicy?.Name ?? '';
    return policy === '' || policy === 'no' || (policy === 'on-failure' && info.State.ExitCode === 0);
}
