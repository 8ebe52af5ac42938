/** The faults of one scenario, from plan to proof that they are gone. */
import { ChaosError, describeError, isChaosError } from "../core/errors.js";
import { withDeadline } from "../core/wait.js";
import { REVERT_BUDGET_MS } from "./options.js";
export class FaultSet {
    planned = [];
    deps;
    reverted = false;
    constructor(deps) {
        this.deps = deps;
    }
    /** Plans every fault and writes each plan to the ledger before anything else is done with it. */
    async plan(scenario, ctx) {
        for (const request of scenario.faults) {
            const fault = faultOf(this.deps, scenario, request);
            const plan = await fault.plan(request.spec, ctx);
            const entry = await this.deps.ledger.append({ scenarioId: scenario.id, kind: fault.kind, plan });
            this.planned.push({ fault, plan, entry, description: fault.describe(plan) });
        }
    }
    descriptions() {
        return this.planned.map((planned) => planned.description);
    }
    /** Sum of the slow-downs that the faults announce for the canary; null when none does. */
    canaryDelayMs() {
        const delays = this.descriptions().flatMap((fault) => (fault.canaryDelayMs === null ? [] : [fault.canaryDelayMs]));
        return delays.length === 0 ? null : delays.reduce((sum, delay) => sum + delay, 0);
    }
    async prepare(ctx) {
        await Promise.all(this.planned.map(({ fault, plan }) => fault.prepare(plan, ctx)));
    }
    async inject(ctx) {
        await Promise.all(this.planned.map(({ fault, plan }) => fault.inject(plan, ctx)));
    }
    /** All must bite: one part that does nothing makes the whole unproven. */
    async effect(ctx) {
        const parts = await Promise.all(this.planned.map(({ fault, plan }) => fault.effect(plan, ctx)));
        return mergeEvidence(parts);
    }
    /**
     * Newest first on each target, targets in parallel, each within the revert budget and on `ctx`'s own signal.
     * @returns what could not be reverted; a second call does nothing when the first one succeeded.
     */
    async revert(ctx) {
        if (this.reverted)
            return [];
        const tails = new Map();
        const failures = [];
        const all = [...this.planned].reverse().map((planned) => {
            const before = planned.description.targets.flatMap((target) => tails.get(target) ?? []);
            const own = Promise.all(before).then(() => revertOne(planned, ctx, failures));
            for (const target of planned.description.targets)
                tails.set(target, own);
            return own;
        });
        await Promise.all(all);
        this.reverted = failures.length === 0;
        return failures;
    }
    /** Proof that nothing is left; closes the ledger's entries of what is proven gone. */
    async leftovers(ctx) {
        const found = [];
        for (const { fault, plan, entry } of this.planned) {
            const left = await fault.leftovers(plan, ctx);
            found.push(...left);
            if (left.length === 0 && this.reverted)
                await this.deps.ledger.close(entry);
        }
        return found;
    }
}
function faultOf(deps, scenario, request) {
    const fault = deps.faults.get(request.kind);
    if (fault !== undefined)
        return fault;
    const known = [...deps.faults.keys()].sort().join(', ');
    throw new ChaosError('BAD_INPUT', `${scenario.id}: this version has no fault of kind ${request.kind} (it has: ${known})`);
}
async function revertOne(planned, ctx, failures) {
    try {
        await withDeadline(`reverting ${planned.fault.kind}`, REVERT_BUDGET_MS, ctx.signal, (signal) => planned.fault.revert(planned.plan, { ...ctx, signal }));
    }
    catch (error) {
        const what = `${planned.fault.kind} on ${planned.description.targets.join(', ')}`;
        failures.push(isChaosError(error, 'ABORTED') ? `${what}: the revert was cut short` : `${what}: ${describeError(error, 500)}`);
    }
}
function mergeEvidence(parts) {
    const only = parts[0];
    if (parts.length === 1 && only !== undefined)
        return only;
    const measures = {};
    for (const [index, part] of parts.entries()) {
        for (const [name, value] of Object.entries(part.measures))
            measures[`fault${String(index + 1)}_${name}`] = value;
    }
    return {
        confirmed: parts.length > 0 && parts.every((part) => part.confirmed),
        summary: parts.map((part) => part.summary).join('; '),
        mechanism: [...new Set(parts.map((part) => part.mechanism))].join(' + '),
        measures,
        reasons: parts.length === 0 ? ['the scenario has no fault'] : parts.flatMap((part) => part.reasons),
    };
}
