import { ChaosError, describeError } from "../core/errors.js";
import { findLeftovers, removeLeftovers } from "./sweep.js";
const STOP_TIMEOUT_SECONDS = 5;
/**
 * Lets compose stop the services in their order, then removes by label whatever is left. Compose failing is no error as
 * long as nothing remains: its file may be gone.
 * @throws NOT_REVERTED naming what could not be removed.
 */
export async function tearDown(compose, deps, signal) {
    try {
        await compose.down({ stopTimeoutSeconds: STOP_TIMEOUT_SECONDS, signal });
    }
    catch (error) {
        if (signal.aborted)
            throw error;
        deps.log.log('warn', `removing by label, as ${describeError(error)}`);
    }
    return sweepOrThrow(deps, signal);
}
/** By label only: no service is asked to stop, so it takes seconds however the stack behaves. */
export async function sweepOrThrow(deps, signal) {
    const report = await removeLeftovers(deps.runId, deps.docker, signal);
    if (report.failed.length === 0)
        return report;
    const failures = report.failed.map(({ leftover, error }) => `${leftover.kind} ${leftover.name} (${error})`);
    throw new ChaosError('NOT_REVERTED', `could not be removed: ${failures.join('; ')}`, {
        hint: `Remove what uses them, then run \`chaos-action cleanup --run ${deps.runId}\`.`,
    });
}
/**
 * Removes the stack's containers and volumes and keeps its networks, with the helpers that are on them.
 * @throws NOT_REVERTED.
 */
export async function clearStack(deps, signal) {
    const ofStack = (item) => item.role === null && (item.kind === 'container' || item.kind === 'volume');
    const report = await removeLeftovers(deps.runId, deps.docker, signal, ofStack);
    const left = (await findLeftovers(deps.runId, deps.docker, signal)).filter(ofStack);
    if (left.length === 0)
        return;
    const errors = report.failed.map(({ error }) => error).join('; ');
    throw new ChaosError('NOT_REVERTED', `the stack cannot be recreated: ${left.map(({ name }) => name).join(', ')} remained (${errors})`);
}
