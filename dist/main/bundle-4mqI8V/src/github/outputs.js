import { join } from 'node:path';
import { setOutput } from '@actions/core';
/** Names as in action.yml; a test compares the two. */
export const OUTPUT_NAMES = [
    'verdict',
    'run-id',
    'passed',
    'failed',
    'inconclusive',
    'error',
    'skipped',
    'results',
    'result-json',
    'summary',
    'junit',
];
/** Set before anything can go wrong: whatever reads the outputs of a run that broke down reads an error. */
export function setSafeOutputs(set = setOutput) {
    for (const name of OUTPUT_NAMES)
        set(name, '');
    set('verdict', 'error');
}
export function setResultOutputs(result, outDir, set = setOutput) {
    const { counts } = result;
    const values = {
        verdict: result.verdict,
        'run-id': result.run.id,
        passed: String(counts.passed),
        failed: String(counts.failed),
        inconclusive: String(counts.inconclusive),
        error: String(counts.error),
        skipped: String(counts.skipped),
        results: outDir,
        'result-json': join(outDir, 'result.json'),
        summary: join(outDir, 'summary.md'),
        junit: join(outDir, 'junit.xml'),
    };
    for (const name of OUTPUT_NAMES)
        set(name, values[name]);
}
