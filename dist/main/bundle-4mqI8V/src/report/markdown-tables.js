import { markdownText } from "./escape.js";
import { duration, effectText, outageText, recoveryText, titleOf } from "./facts.js";
export const VERDICT_MARKS = {
    passed: '✅',
    failed: '❌',
    error: '💥',
    inconclusive: '❔',
    skipped: '⏭️',
};
export function scenarioTable(scenarios) {
    const rows = scenarios.map((scenario) => row([
        markdownText(scenario.id, 40),
        markdownText(titleOf(scenario), 120),
        `${VERDICT_MARKS[scenario.verdict]} ${scenario.verdict}`,
        markdownText(effectText(scenario), 160),
        outageText(scenario),
        markdownText(recoveryText(scenario), 160),
    ]));
    return ['| id | scenario | verdict | effect | longest outage | recovered in |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
export function loadTable(patterns) {
    const rows = patterns.map((load) => row([
        markdownText(load.id, 40),
        markdownText(load.name, 120),
        `${VERDICT_MARKS[load.verdict]} ${load.verdict}`,
        String(load.users),
        String(load.rps),
        `${(load.errorRate * 100).toFixed(2)} %`,
        duration(load.p95Ms),
        duration(load.p99Ms),
    ]));
    return [
        '| id | pattern | verdict | users | requests/s | errors | p95 | p99 |',
        '|---|---|---|---|---|---|---|---|',
        ...rows,
    ].join('\n');
}
export function row(cells) {
    return `| ${cells.join(' | ')} |`;
}
