import { ChaosError, describeError, isChaosError } from "../core/errors.js";
import { waitUntil } from "../core/wait.js";
import { combineLinks } from "./evidence.js";
import { helperLeftovers, stopHelpers } from "./helpers.js";
import { endsOf, helperAt, legAccess, namespaceHelpers, planLegs, startEnds, targetNames } from "./legs.js";
import { startTrickle } from "./leg-trickle.js";
import { touchedServices, touchesEverything } from "./links.js";
import { resetMoments } from "./reset-moments.js";
import { judgeResets } from "./resets-judgement.js";
/** A helper keeps no longer schedule. */
const LONGEST_WINDOW_MS = 600_000;
/** Established connections of one leg reset at seeded moments in every third of the window. */
export function connectionResetsFault(names) {
    /** Resets that the other end saw before the fault, by leg; and how the kernel does it. */
    const peerBaselines = new Map();
    const mechanisms = new Map();
    return {
        kind: 'connection_resets',
        plan: (spec, ctx) => planResets(spec, ctx, names),
        async prepare(plan, ctx) {
            await startEnds(plan.legs, ctx);
            for (const leg of plan.legs)
                peerBaselines.set(keyOf(leg), await peerResets(leg, ctx));
        },
        async inject(plan, ctx) {
            await Promise.all(plan.legs.flatMap((leg) => resettingEnds(leg).map(async (end) => {
                const args = { port: leg.port, side: end.side, momentsMs: [...leg.momentsMs] };
                const { mechanism } = await helperAt(end, ctx).call('resets.arm', args, ctx.signal);
                mechanisms.set(keyOf(leg), mechanism);
            })));
        },
        async effect(plan, ctx) {
            const judged = await Promise.all(plan.legs.map((leg) => judgeLeg(plan, leg, peerBaselines.get(keyOf(leg)), ctx)));
            const mechanism = [...new Set(plan.legs.flatMap((leg) => mechanisms.get(keyOf(leg)) ?? []))].join(', ');
            return combineLinks(mechanism === '' ? 'nothing was armed' : mechanism, judged);
        },
        async revert(plan, ctx) {
            for (const leg of plan.legs) {
                peerBaselines.delete(keyOf(leg));
                mechanisms.delete(keyOf(leg));
            }
            await stopHelpers(namespaceHelpers(plan.legs), ctx);
        },
        leftovers: (plan, ctx) => helperLeftovers(namespaceHelpers(plan.legs), ctx),
        describe: (plan) => ({
            targets: targetNames(plan.legs),
            services: plan.services,
            mechanism: `established connections reset by the kernel at ${String(plan.legs[0]?.momentsMs.length ?? 0)} seeded moments`,
            canaryDelayMs: null,
            everything: plan.everything,
        }),
    };
}
async function planResets(spec, ctx, names) {
    const { descriptor } = ctx.stack;
    if (ctx.windowMs > LONGEST_WINDOW_MS) {
        throw new ChaosError('BAD_INPUT', `connection_resets spreads its moments over at most 10 minutes, the window has ${String(Math.round(ctx.windowMs / 1_000))} s`, {
            hint: 'give the entry a shorter duration_seconds, or one under profiles',
        });
    }
    const { links, legs } = await planLegs(spec, 'connection_resets', ctx, names);
    const services = touchedServices(links, descriptor);
    const proxy = descriptor.toxiproxy?.service;
    return {
        windowMs: ctx.windowMs,
        legs: legs.map((leg) => ({
            ...leg,
            // The proxy's end where there is one: neither the caller nor the called has to suffer a helper that resets.
            resetSide: endsOf([leg], 'client').some((end) => end.service === proxy) ? 'client' : 'server',
            momentsMs: resetMoments(ctx.windowMs, spec.perThird, ctx.random),
        })),
        services,
        everything: touchesEverything(services, descriptor),
    };
}
function keyOf(leg) {
    return leg.ends.map((end) => end.helper).join();
}
function resettingEnds(leg) {
    return endsOf([leg], leg.resetSide);
}
async function peerResets(leg, ctx) {
    const peers = endsOf([leg], leg.resetSide === 'client' ? 'server' : 'client');
    const counts = await Promise.all(peers.map(async (end) => (await helperAt(end, ctx).call('tcp.read', {}, ctx.signal)).estabResets));
    return counts.reduce((sum, count) => sum + count, 0);
}
async function judgeLeg(plan, leg, before, ctx) {
    if (before === undefined)
        throw new ChaosError('INTERNAL', 'the effect of connection resets was asked for before its baseline was taken');
    const access = legAccess(leg, ctx);
    const trickles = endsOf([leg], 'client').map((end) => startTrickle(helperAt(end, ctx), access, ctx));
    let counted;
    let cut = 0;
    try {
        counted = await countResets(leg, ctx);
    }
    finally {
        for (const stopped of await Promise.all(trickles.map((trickle) => trickle.stop())))
            cut += stopped.cut;
    }
    if (typeof counted === 'string')
        return { link: leg.link, headline: 'not measured', measures: {}, reasons: [counted] };
    const seen = {
        windowMs: plan.windowMs,
        plannedMoments: leg.momentsMs.length,
        counters: counted,
        peerBaselineResets: before,
        peerEstabResets: (await peerResets(leg, ctx)) - before,
    };
    const judgement = judgeResets(seen);
    return { link: leg.link, ...judgement, measures: { ...judgement.measures, ownConnectionsCutCount: cut } };
}
/** Waits until the last moment has passed. A text says why nothing could be counted. */
async function countResets(leg, ctx) {
    const read = async (signal) => addUp(await Promise.all(resettingEnds(leg).map((end) => helperAt(end, ctx).call('resets.read', {}, signal))));
    try {
        await read(ctx.signal);
    }
    catch (error) {
        if (ctx.signal.aborted)
            throw error;
        return `the reset counters could not be read: ${describeError(error, 300)}`;
    }
    const { startedMs, plannedMs } = ctx.window();
    const limitMs = Math.max(1_000, startedMs + plannedMs - ctx.clock.nowMs());
    const options = { everyMs: 100, attemptMs: 2_000, limitMs, signal: ctx.signal, clock: ctx.clock };
    try {
        return await waitUntil(`the last reset on ${leg.link}`, read, (counters) => counters.moments >= leg.momentsMs.length, options);
    }
    catch (error) {
        if (!isChaosError(error, 'TIMEOUT'))
            throw error;
        return await read(ctx.signal);
    }
}
/** Several containers at the resetting end: each has the same moments. */
function addUp(all) {
    const sum = (of) => all.reduce((total, counters) => total + of(counters), 0);
    return {
        moments: Math.min(...all.map((counters) => counters.moments)),
        resets: sum((counters) => counters.resets),
        outRsts: sum((counters) => counters.outRsts),
        estabResets: sum((counters) => counters.estabResets),
        history: all.flatMap((counters) => counters.history),
    };
}
