import { canaryText, judgeCanary } from "./canary-judgement.js";
/** Judges the canary over the planned fault window, once every request of it has its outcome. */
export const canaryExpectation = {
    kind: 'canary',
    text: canaryText,
    async observe(spec, _baseline, ctx) {
        const window = ctx.window();
        const endMs = window.startedMs + window.plannedMs;
        await window.planned;
        ctx.signal.throwIfAborted();
        const samples = await ctx.canary.samples(window.startedMs, endMs);
        return judgeCanary(spec, { samples, windowEndMs: endMs, steadyP50Ms: ctx.canary.steady.p50Ms, delayMs: ctx.canaryDelayMs });
    },
};
