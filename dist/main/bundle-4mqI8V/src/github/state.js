/** What crosses from main to post. Nothing secret: the runner shows it in debug logs. */
import { getState, saveState } from '@actions/core';
import { ChaosError } from "../core/errors.js";
/** Saved before the run starts: after a SIGKILL it is all that post has. */
export function savePostState(state) {
    saveState('run-id', state.runId);
    saveState('state-dir', state.stateDir);
}
/** null when main ended before it had anything to clean up. @throws INTERNAL for half a state. */
export function loadPostState() {
    const runId = getState('run-id');
    const stateDir = getState('state-dir');
    if (runId === '' && stateDir === '')
        return null;
    if (!/^[\w-]{1,64}$/.test(runId) || stateDir === '')
        throw new ChaosError('INTERNAL', `the state from main is damaged: run-id "${runId.slice(0, 80)}", state-dir "${stateDir.slice(0, 200)}"`);
    return { runId, stateDir };
}
