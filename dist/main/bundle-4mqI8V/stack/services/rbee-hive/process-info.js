/** Processes of the shared pid namespace, told apart from later ones that got the same number. */
import { readFileSync } from 'node:fs';
/**
 * The process that a worker says it is. null when there is none of that number here, or when it belongs to another
 * container: then nobody may signal it.
 */
export function identifyProcess(pid, container, procRoot = '/proc') {
    const startTicks = liveStartTicks(pid, procRoot);
    if (startTicks === null)
        return null;
    const environment = readOrNull(`${procRoot}/${String(pid)}/environ`);
    if (environment?.split('\0').includes(`HOSTNAME=${container}`) !== true)
        return null;
    return { pid, startTicks };
}
/** False for a zombie too: it has ended and only waits to be reaped. */
export function isAlive(identity, procRoot = '/proc') {
    return liveStartTicks(identity.pid, procRoot) === identity.startTicks;
}
function liveStartTicks(pid, procRoot) {
    const stat = readOrNull(`${procRoot}/${String(pid)}/stat`);
    if (stat === null)
        return null;
    // The name in parentheses may hold anything; after it come the state (field 3) and, as field 22, the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    if (state === 'Z' || state === 'X')
        return null;
    return fields[19] ?? null;
}
function readOrNull(file) {
    try {
        return readFileSync(file, 'utf8');
    }
    catch {
        // Gone, or another user's: either way not a process that may be signalled.
        return null;
    }
}
