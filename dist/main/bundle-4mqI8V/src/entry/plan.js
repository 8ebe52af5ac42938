import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { ChaosError } from "../core/errors.js";
import { formatMistake } from "../config/mistakes.js";
import { checkAgainstDescriptor } from "../config/cross-check.js";
import { validateScenarioFiles } from "../config/scenario-files.js";
import { selectScenarios } from "../config/select.js";
import { loadDescriptor } from "../config/stack-file.js";
/**
 * The descriptor and the scenarios of a request. A stack's own scenario files are used unless others are named: `--stack`
 * never falls back to those of the default stack.
 * @throws BAD_INPUT with every mistake found.
 */
export function loadPlan(request) {
    const descriptor = loadDescriptor(request.stackFile);
    const files = request.scenarioGlobs.length === 0 ? [...descriptor.scenarioFiles] : expand(request.scenarioGlobs);
    const { scenarios, mistakes, locate } = validateScenarioFiles(files);
    const all = [...mistakes, ...checkAgainstDescriptor(scenarios, descriptor, locate)];
    if (all.length > 0)
        throw new ChaosError('BAD_INPUT', `the scenario files have mistakes:\n${all.map(formatMistake).join('\n')}`);
    refuseUnknownDefects(descriptor, request.defects);
    const inSuites = scenarios.filter((scenario) => request.suites.includes(scenario.suite));
    const selected = request.only.length === 0 ? inSuites : selectScenarios(inSuites, request.only);
    return {
        descriptor,
        scenarios: request.profile === 'smoke' && request.only.length === 0 ? firstOfEachSuite(selected) : selected,
    };
}
/** smoke is one scenario of each kind. */
function firstOfEachSuite(scenarios) {
    return scenarios.filter((scenario, index) => scenarios.findIndex((other) => other.suite === scenario.suite) === index);
}
function expand(globs) {
    return globs.flatMap((glob) => {
        const files = globSync(glob)
            .map((file) => resolve(file))
            .sort();
        if (files.length === 0)
            throw new ChaosError('BAD_INPUT', `--scenarios ${glob} matches no file`);
        return files;
    });
}
function refuseUnknownDefects(descriptor, names) {
    const known = Object.keys(descriptor.defects?.known ?? {});
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length === 0)
        return;
    throw new ChaosError('BAD_INPUT', `the stack ${descriptor.name} has no defect ${unknown.join(', ')}`, {
        hint: `It has: ${known.join(', ') || 'none'}.`,
    });
}
