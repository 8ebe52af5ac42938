/** Names of what the faults create. They stand in the plans, so that a revert finds exactly ours. */
export function nameSequence() {
    const last = new Map();
    return {
        next({ runId, scenarioId }) {
            const key = `${runId}/${scenarioId}`;
            const number = (last.get(key) ?? 0) + 1;
            last.set(key, number);
            return number;
        },
    };
}
export function toxicName(run, number) {
    return `chaos_${run.runId}_${run.scenarioId}_${String(number)}`.replaceAll(/[^A-Za-z0-9_.-]/g, '-');
}
/** A container name: lower case, and nothing that Docker refuses. */
export function helperName(run, role, number) {
    return `chaos-${run.runId}-${run.scenarioId}-${role}-${String(number)}`.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '-');
}
/** How long a helper lives without a word from us before it undoes its work. */
export const HELPER_TTL_MS = 15_000;
