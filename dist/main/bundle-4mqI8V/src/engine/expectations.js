import { ChaosError, describeError } from "../core/errors.js";
/** The clauses of `expect`, with the baselines that their probes took in the steady state. */
export class ExpectationSet {
    clauses;
    constructor(deps, scenario) {
        this.clauses = scenario.expect.map((expectation) => {
            const probe = deps.probes.get(expectation.probe);
            if (probe === undefined) {
                const known = [...deps.probes.keys()].sort().join(', ');
                throw new ChaosError('BAD_INPUT', `${scenario.id}: this version has no probe ${expectation.probe} (it has: ${known})`);
            }
            return { expectation, probe, baseline: null };
        });
    }
    async takeBaselines(ctx) {
        for (const clause of this.clauses) {
            if (clause.probe.baseline !== undefined)
                clause.baseline = await clause.probe.baseline(clause.expectation.spec, ctx);
        }
    }
    /** Observes all clauses of a phase at once. A probe that throws leaves its clause undecided, with the reason. */
    async observe(phase, ctx) {
        return Promise.all(this.clauses.filter((clause) => clause.expectation.phase === phase).map((clause) => observeOne(clause, ctx)));
    }
    /** For a scenario that ended before a phase: its clauses were not decided. */
    undecided(phase, why) {
        return this.clauses
            .filter((clause) => clause.expectation.phase === phase)
            .map((clause) => ({
            phase,
            text: clause.probe.text(clause.expectation.spec),
            expected: 'to be observed',
            observed: why,
            met: null,
        }));
    }
}
async function observeOne(clause, ctx) {
    const { probe, expectation } = clause;
    const text = probe.text(expectation.spec);
    try {
        const seen = await probe.observe(expectation.spec, clause.baseline, ctx);
        return { phase: expectation.phase, text, expected: seen.expected, observed: seen.observed, met: seen.met };
    }
    catch (error) {
        if (ctx.signal.aborted)
            throw error;
        return {
            phase: expectation.phase,
            text,
            expected: 'to be observed',
            observed: `the probe broke: ${describeError(error, 500)}`,
            met: null,
        };
    }
}
