/** `validate`: checks files without Docker and without running anything. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { checkAgainstDescriptor, checkDefects } from "./cross-check.js";
import { printable } from "./display.js";
import { childOf } from "./json-tree.js";
import { formatMistake } from "./mistakes.js";
import { pathKind, readJsonSource } from "./read-source.js";
import { MAX_FILES, validateScenarioFiles } from "./scenario-files.js";
import { checkDescriptorFile } from "./stack-file.js";
/**
 * Checks scenario files, folders of such (every .json below), and stack descriptors together with their scenario files.
 * `write` gets whole lines. Returns the exit code: 0 all is well, 2 mistakes.
 */
export function runValidate(paths, write) {
    const writeLine = (line) => {
        write(`${line}\n`);
    };
    const all = paths.flatMap(expandFolder);
    if (all.length === 0 || all.length > MAX_FILES) {
        writeLine(all.length === 0 ? nothing(paths) : `${String(all.length)} files: at most ${String(MAX_FILES)} are checked in one go`);
        return 2;
    }
    const mistakes = [];
    const scenarioPaths = [];
    let stacks = 0;
    let scenarios = 0;
    let files = 0;
    const count = (checked) => {
        scenarios += checked.scenarios;
        files += checked.files;
        mistakes.push(...checked.mistakes);
    };
    for (const path of all) {
        if (isStack(path)) {
            stacks += 1;
            count(validateStack(path));
        }
        else {
            scenarioPaths.push(path);
        }
    }
    const plain = validateScenarioFiles(scenarioPaths);
    count({ scenarios: plain.scenarios.length, files: scenarioPaths.length, mistakes: plain.mistakes });
    for (const mistake of mistakes)
        writeLine(formatMistake(mistake));
    writeLine(summary(mistakes, { scenarios, stacks, files }));
    return mistakes.length === 0 ? 0 : 2;
}
function nothing(paths) {
    if (paths.length === 0)
        return 'nothing to validate: name at least one scenario file, folder or stack descriptor';
    return `nothing to validate: there is no .json file in ${printable(paths.join(', '), 500)}`;
}
function validateStack(file) {
    const { descriptor, mistakes, locate } = checkDescriptorFile(file);
    if (descriptor === null)
        return { scenarios: 0, files: 1, mistakes };
    const read = validateScenarioFiles(descriptor.scenarioFiles);
    const found = [...read.mistakes, ...checkAgainstDescriptor(read.scenarios, descriptor, read.locate)];
    // With mistakes in the scenarios an id may only seem to be missing.
    if (read.mistakes.length === 0)
        found.push(...checkDefects(read.scenarios, { ...descriptor, file }, locate));
    return { scenarios: read.scenarios.length, files: 1 + descriptor.scenarioFiles.length, mistakes: found };
}
function summary(mistakes, checked) {
    const files = counted(checked.files, 'file');
    if (mistakes.length > 0) {
        const lines = counted(mistakes.reduce((sum, mistake) => sum + (mistake.more ?? 1), 0), 'mistake');
        return `${lines} in ${counted(new Set(mistakes.map((mistake) => mistake.file)).size, 'file')}; ${files} checked`;
    }
    const stacks = checked.stacks === 0 ? '' : ` and ${counted(checked.stacks, 'stack')}`;
    return `valid: ${counted(checked.scenarios, 'scenario')}${stacks} in ${files}`;
}
function counted(count, noun) {
    return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
function expandFolder(path) {
    if (pathKind(path) !== 'folder')
        return [path];
    return globSync('**/*.json', { cwd: path })
        .sort()
        .map((file) => join(path, file));
}
/** Told by its content, as nothing prescribes the file's name. Its mistakes are told when it is checked. */
function isStack(path) {
    const { root } = readJsonSource(path);
    return root !== null && (childOf(root, 'compose') !== undefined || childOf(root, 'services') !== undefined);
}
