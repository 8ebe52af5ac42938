/** The action's main step: inputs, run, outputs, summary, exit code. */
import { join, resolve } from 'node:path';
import { annotate, annotateError, annotateWarning, annotationsOf } from "../github/annotations.js";
import { watchCancel } from "../github/cancel.js";
import { withCommandsStopped } from "../github/foreign-output.js";
import { readInputs } from "../github/inputs.js";
import { setResultOutputs, setSafeOutputs } from "../github/outputs.js";
import { savePostState } from "../github/state.js";
import { summaryReporter } from "../github/summary.js";
import { consoleProgress } from "../report/console-progress.js";
import { renderConsole } from "../report/console.js";
import { consoleText } from "../report/escape.js";
import { fileReporter } from "./file-reporter.js";
import { actionRoot, stateDir } from "./paths.js";
import { newRunId, runChaos } from "./run.js";
const USAGE_EXIT_CODE = 2;
async function main() {
    setSafeOutputs();
    const inputs = readInputs();
    const post = { runId: newRunId(), stateDir: stateDir(process.env) };
    savePostState(post);
    const cancel = watchCancel(inputs.timeoutMinutes * 60_000);
    try {
        const outDir = resolve(inputs.out);
        const outcome = await withCommandsStopped(() => runQuietly(inputs, outDir, post, cancel.signal));
        setResultOutputs(outcome.result, outDir);
        annotate(annotationsOf(outcome.result, inputs.allowInconclusive));
        process.exitCode = cancel.exitCode() ?? exitCode(outcome, inputs);
    }
    finally {
        cancel.stop();
    }
}
/** Everything that may print foreign text: it runs while the runner takes no commands. */
async function runQuietly(inputs, outDir, post, signal) {
    const summary = process.env['GITHUB_STEP_SUMMARY'] ?? '';
    const reporters = [
        consoleProgress({ stream: process.stdout, isTerminal: false }),
        fileReporter(outDir),
        ...(summary === '' ? [] : [summaryReporter(summary)]),
    ];
    const request = {
        suites: inputs.suites,
        profile: inputs.profile,
        only: inputs.only,
        stackFile: resolve(inputs.stack ?? join(actionRoot(), 'stack', 'stack.json')),
        scenarioGlobs: inputs.scenarios,
        outDir,
        seed: inputs.seed,
        keepStack: false,
        strict: inputs.strict,
        noInject: inputs.noInject,
        defects: inputs.defects,
        ...post,
    };
    const outcome = await runChaos(request, { reporters, log: stdoutLogger, signal, env: process.env });
    process.stdout.write(renderConsole(outcome.result));
    return outcome;
}
/** Verdicts fail the job by their exit code; an allowed `inconclusive` is a warning that nobody can miss. */
function exitCode(outcome, inputs) {
    if (outcome.result.verdict !== 'inconclusive' || !inputs.allowInconclusive)
        return outcome.exitCode;
    annotateWarning('The verdict is inconclusive: nothing was shown. The job goes on because allow-inconclusive is true.');
    return 0;
}
const stdoutLogger = {
    log(level, text) {
        if (level === 'warn' || level === 'error')
            process.stdout.write(`${level}: ${consoleText(text, 2_000)}\n`);
    },
};
try {
    await main();
}
catch (error) {
    annotateError(error);
    process.exitCode = USAGE_EXIT_CODE;
}
