/** The action's post step: removes what main left, after success, failure, cancel and SIGKILL alike. Never fails the job. */
import { systemClock } from "../core/clock.js";
import { describeError } from "../core/errors.js";
import { waitUntil } from "../core/wait.js";
import { isHeld, knownRuns } from "../engine/ledger.js";
import { faultRegistry } from "../faults/registry.js";
import { annotateWarning } from "../github/annotations.js";
import { loadPostState } from "../github/state.js";
import { consoleText } from "../report/escape.js";
import { createDockerClient } from "../runtime/docker-client.js";
import { runsInDocker } from "../runtime/sweep.js";
import { prepareToolboxImage } from "./images.js";
import { cleanupRuns } from "./undo.js";
const CLEANUP_LIMIT_MS = 120_000;
/** The runner starts post when main is gone; a main that was killed a moment ago may still be dying. */
const MAIN_GONE_LIMIT_MS = 15_000;
async function post() {
    const state = loadPostState();
    if (state === null) {
        console.log('nothing to clean up: main did not come to its run');
        return;
    }
    const signal = AbortSignal.timeout(CLEANUP_LIMIT_MS);
    const docker = createDockerClient();
    const onDisk = await attempt('reading the undo records', () => knownRuns(state.stateDir), []);
    const inDocker = await attempt('asking Docker for what carries the run’s label', () => runsInDocker(docker, signal), [
        state.runId,
    ]);
    if (![...onDisk, ...inDocker].includes(state.runId)) {
        console.log(`nothing to clean up: run ${state.runId} removed everything itself`);
        return;
    }
    await attempt('waiting for main to end', () => mainGone(state, signal), undefined);
    const log = warningLogger();
    const report = await attempt(`cleaning up run ${state.runId}`, async () => {
        const toolboxImage = await prepareToolboxImage({ docker, log, env: process.env, signal });
        const options = { docker, stateDir: state.stateDir, faults: faultRegistry(), toolboxImage, log, signal };
        return cleanupRuns(options, state.runId);
    }, { runs: [] });
    for (const run of report.runs) {
        if (run.leftAlone === null)
            console.log(`run ${run.runId}: ${String(run.undone)} faults undone, ${String(run.removed)} objects removed`);
        else
            annotateWarning(`run ${run.runId} was left alone (${run.leftAlone}); \`chaos-action cleanup --run ${run.runId}\` removes it`);
        for (const problem of run.problems)
            annotateWarning(`not removed: ${consoleText(problem, 1_000)}`);
    }
}
async function mainGone(state, signal) {
    await waitUntil('the end of the main step', () => isHeld(state.stateDir, state.runId), (held) => !held, { everyMs: 200, attemptMs: 2_000, limitMs: MAIN_GONE_LIMIT_MS, signal, clock: systemClock });
}
/** A step that fails is a warning, and the next one runs all the same. */
async function attempt(what, work, otherwise) {
    try {
        return await work();
    }
    catch (error) {
        annotateWarning(`${what} failed: ${consoleText(describeError(error), 2_000)}`);
        return otherwise;
    }
}
function warningLogger() {
    return {
        log(level, text) {
            if (level === 'warn' || level === 'error')
                annotateWarning(consoleText(text, 2_000));
        },
    };
}
await attempt('the post step', post, undefined);
