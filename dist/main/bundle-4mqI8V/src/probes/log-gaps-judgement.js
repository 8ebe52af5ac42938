import { compile, TreeInterpreter } from '@jmespath-community/jmespath';
import { ChaosError, describeError } from "../core/errors.js";
import { median } from "../core/statistics.js";
import { msText, percentText } from "./clauses.js";
/** @throws BAD_INPUT for an expression that is no JMESPath, naming the key it stands in. */
export function lineQuery(key, expression) {
    try {
        const compiled = compile(expression);
        return (line) => TreeInterpreter.search(compiled, line);
    }
    catch (error) {
        throw new ChaosError('BAD_INPUT', `log_gaps: '${key}' is no JMESPath expression (${expression}): ${describeError(error, 200)}`, { cause: error });
    }
}
/** Pure: reads the lines in time order. Lines that are not JSON objects, or belong to no group, are passed over. */
export function collectGaps(spec, lines) {
    const groupBy = lineQuery('group_by', spec.group_by);
    const from = lineQuery('from', spec.from);
    const to = lineQuery('to', spec.to);
    const at = spec.at === undefined ? null : lineQuery('at', spec.at);
    const groups = new Map();
    let jsonLines = 0;
    const timed = [];
    for (const line of lines) {
        const parsed = parseObject(line.text);
        if (parsed === null)
            continue;
        jsonLines += 1;
        const atMs = at === null ? line.atMs : lineTime(ask(at, parsed));
        if (atMs !== null)
            timed.push({ parsed, atMs });
    }
    for (const { parsed, atMs } of timed.sort((a, b) => a.atMs - b.atMs)) {
        const key = groupKey(ask(groupBy, parsed));
        if (key === null)
            continue;
        const group = groups.get(key);
        // A line may end one gap and begin the next.
        if (group !== undefined && group.openedMs !== null && ask(to, parsed) === true) {
            group.gapsMs.push(atMs - group.openedMs);
            group.openedMs = null;
        }
        if (ask(from, parsed) === true) {
            if (group)
                group.openedMs = atMs;
            else
                groups.set(key, { gapsMs: [], openedMs: atMs });
        }
    }
    return { jsonLines, groups: new Map([...groups].map(([key, group]) => [key, group.gapsMs])) };
}
/** Pure. Retries that were expected and are not in the log are a miss; only a log without JSON leaves it undecided. */
export function judgeGaps(spec, lines) {
    const { jsonLines, groups } = collectGaps(spec, lines);
    const counting = [...groups.values()].filter((gaps) => gaps.length >= spec.min_gaps);
    const growing = counting.filter((gaps) => grows(gaps, spec.growth));
    const expected = gapsExpected(spec);
    if (jsonLines === 0)
        return { expected, observed: `none of ${String(lines.length)} log lines is JSON`, met: null };
    const most = Math.max(0, ...[...groups.values()].map((gaps) => gaps.length));
    if (counting.length < spec.min_groups) {
        const seen = `${String(counting.length)} groups have ${String(spec.min_gaps)} gaps or more, of ${String(groups.size)} in which '${spec.from}' was logged`;
        return { expected, observed: `${seen} (at most ${String(most)} gaps, ${String(jsonLines)} JSON lines)`, met: false };
    }
    return {
        expected,
        observed: `${percentText(growing.length / counting.length)} of ${String(counting.length)} groups grow (median gaps ${medianGaps(counting)})`,
        met: growing.length / counting.length >= spec.share,
    };
}
export function gapsExpected(spec) {
    const growth = `each gap ≥ ${String(spec.growth)} × the one before`;
    return `in ≥ ${percentText(spec.share)} of at least ${String(spec.min_groups)} groups with ≥ ${String(spec.min_gaps)} gaps ${growth}`;
}
/** `log of queen-rbee: gaps by task_id …`. */
export function gapsText(spec) {
    return `log of ${spec.service}, gaps by ${spec.group_by}: ${gapsExpected(spec)}`;
}
function grows(gaps, growth) {
    return gaps.every((gap, index) => index === 0 || gap >= growth * (gaps[index - 1] ?? Number.POSITIVE_INFINITY));
}
/** `104 → 207 → 409 ms`. */
function medianGaps(groups) {
    const longest = Math.min(6, Math.max(...groups.map((gaps) => gaps.length)));
    const medians = Array.from({ length: longest }, (_, place) => median(groups.flatMap((gaps) => gaps[place] ?? [])));
    return medians.map(msText).join(' → ');
}
/** null for what is no time: the line then belongs to no gap, and a gap that is missing is a miss. */
function lineTime(value) {
    const atMs = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isFinite(atMs) ? atMs : null;
}
function parseObject(text) {
    if (!text.trimStart().startsWith('{'))
        return null;
    try {
        return JSON.parse(text);
    }
    catch {
        return null;
    }
}
/** A line that the expression cannot be applied to, such as a comparison with a missing field, is not a match. */
function ask(query, line) {
    try {
        return query(line);
    }
    catch {
        return null;
    }
}
function groupKey(value) {
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
