const NONE = '–';
/** The worst news first; what passed or was skipped comes last. */
const ORDER = ['failed', 'error', 'inconclusive', 'skipped', 'passed'];
export function byUrgency(entries) {
    return [...entries].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}
export function isProblem(entry) {
    return entry.verdict !== 'passed' && entry.verdict !== 'skipped';
}
/** Whose code the verdict is about: the most important thing after the verdict itself. */
export function judgedText(result) {
    if (result.run.reference)
        return 'the built-in reference services: this shows the harness, not your system';
    const images = [...new Set(result.run.images.filter((image) => !image.reference).map((image) => image.image))];
    if (images.length === 0)
        return `nothing: no image of the stack ${result.run.stack} was running`;
    const shown = images.slice(0, 6).join(', ');
    const more = images.length > 6 ? ` and ${String(images.length - 6)} more` : '';
    const mixed = result.run.images.some((image) => image.reference) ? ' (beside built-in reference services)' : '';
    return `${shown}${more}${mixed}`;
}
/** What else must be known before the verdict is believed. */
export function caveats(result) {
    const texts = [];
    if (result.run.noInject)
        texts.push('rehearsal: nothing was injected, so nothing can pass');
    if (result.run.defects.length > 0)
        texts.push(`the stack ran with the built-in defects ${result.run.defects.join(', ')}`);
    return texts;
}
export function countsText(result) {
    const { counts } = result;
    const all = [
        [counts.failed, 'failed'],
        [counts.error, 'error'],
        [counts.inconclusive, 'inconclusive'],
        [counts.passed, 'passed'],
        [counts.skipped, 'skipped'],
    ];
    const present = all.filter(([count]) => count > 0);
    return present.length === 0 ? 'no scenario was run' : present.map(([count, name]) => `${String(count)} ${name}`).join(', ');
}
/** `820 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms) {
    if (ms === null)
        return NONE;
    if (ms < 1_000)
        return `${String(Math.round(ms))} ms`;
    if (ms < 60_000)
        return `${String(Math.round(ms / 100) / 10)} s`;
    const seconds = Math.round(ms / 1_000);
    const rest = seconds % 60;
    return `${String(Math.floor(seconds / 60))} min${rest === 0 ? '' : ` ${String(rest)} s`}`;
}
export function effectText(scenario) {
    if (scenario.verdict === 'skipped')
        return NONE;
    const text = scenario.effect.summary === '' ? 'nothing measured' : scenario.effect.summary;
    return scenario.effect.confirmed ? text : `not confirmed: ${text}`;
}
export function outageText(scenario) {
    return scenario.verdict === 'skipped' ? NONE : duration(scenario.canary.longestOutageMs);
}
export function recoveryText(scenario) {
    const { recovery } = scenario;
    if (scenario.verdict === 'skipped')
        return NONE;
    if (!recovery.recovered)
        return recovery.reason === null ? 'not shown' : `no: ${recovery.reason}`;
    return `${duration(recovery.afterMs)} (limit ${duration(recovery.limitMs)})`;
}
export function canaryText(scenario) {
    const { canary } = scenario;
    const failed = canary.total === 0 ? '' : `, ${String(canary.failed)} failed`;
    const steady = canary.steadyP50Ms === null ? '' : `, steady p50 ${duration(canary.steadyP50Ms)}`;
    return `${String(canary.total)} sent${failed}, p50 ${duration(canary.p50Ms)}, p95 ${duration(canary.p95Ms)}, longest outage ${duration(canary.longestOutageMs)}${steady}`;
}
export function controlText(scenario) {
    const { control, controlReason } = scenario;
    if (control === null)
        return `none: ${controlReason ?? 'no reason was given'}`;
    const p95 = `p95 ${duration(control.steadyP95Ms)} before, ${duration(control.duringP95Ms)} during`;
    return control.unaffected
        ? `${control.service} unaffected (${p95})`
        : `${control.service} was hit: ${control.reasons.join('; ')}`;
}
/** The scenario's name as it is shown everywhere: one without `expect` was judged by effect and recovery alone. */
export function titleOf(scenario) {
    return scenario.recoveryOnly ? `${scenario.name} (recovery only)` : scenario.name;
}
