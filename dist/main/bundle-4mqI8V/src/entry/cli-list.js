import { join, resolve } from 'node:path';
import { SUITES } from "../core/model.js";
import { faultWindowMs } from "../core/scenario.js";
import { actionRoot } from "./paths.js";
import { loadPlan } from "./plan.js";
export function addListCommand(program) {
    program
        .command('list')
        .description('the scenarios and the defects that a stack knows; needs no Docker')
        .option('--stack <file>', "stack descriptor; the action's own stack when left out")
        .option('--scenarios <glob...>', "scenario files instead of the descriptor's own")
        .option('--json', 'for programs', false)
        .addHelpText('after', '\nExample:\n  chaos-action list --json')
        .action((flags) => {
        const { descriptor, scenarios } = loadPlan({
            stackFile: resolve(flags.stack ?? join(actionRoot(), 'stack', 'stack.json')),
            scenarioGlobs: flags.scenarios ?? [],
            suites: SUITES,
            only: [],
            profile: 'full',
            defects: [],
        });
        const defects = Object.entries(descriptor.defects?.known ?? {}).map(([name, defect]) => ({ name, ...defect }));
        const rows = scenarios.map((scenario) => ({
            id: scenario.id,
            suite: scenario.suite,
            name: scenario.name,
            faults: scenario.faults.map((fault) => fault.kind),
            quickSeconds: faultWindowMs(scenario, 'quick') / 1_000,
            fullSeconds: faultWindowMs(scenario, 'full') / 1_000,
            recoveryOnly: scenario.expect.length === 0,
            file: scenario.source.file,
            line: scenario.source.line,
        }));
        if (flags.json)
            process.stdout.write(`${JSON.stringify({ stack: descriptor.name, scenarios: rows, defects }, null, 2)}\n`);
        else
            process.stdout.write(plainList(rows, defects));
    });
}
function plainList(rows, defects) {
    const lines = rows.map((row) => `${row.id.padEnd(8)} ${row.suite.padEnd(7)} ${`${String(row.quickSeconds)} s`.padStart(6)} ${`${String(row.fullSeconds)} s`.padStart(6)}  ${row.name}${row.recoveryOnly ? ' (recovery only)' : ''}`);
    const head = 'id       suite    quick   full  name';
    const found = defects.map((defect) => `${defect.name.padEnd(24)} ${defect.fails.join(', ').padEnd(30)} ${defect.text}`);
    const tail = found.length === 0 ? [] : ['', 'defects (run --defect NAME turns these red):', ...found];
    return `${[head, ...lines, ...tail].join('\n')}\n`;
}
