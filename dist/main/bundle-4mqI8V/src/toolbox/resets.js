import { describeError } from "../core/errors.js";
import { requireNetAdmin } from "./helper-state.js";
import { rejectForAMoment, rejectRefusal } from "./momentary-reject.js";
import { removeRules } from "./mechanism.js";
import { canKillSockets, killSockets } from "./socket-kill.js";
import { readTcpCounters, tcpSince } from "./tcp-counters.js";
/** Resets a leg's established connections at given moments. */
export class Resets {
    state;
    schedule = null;
    constructor(state) {
        this.state = state;
    }
    /** @throws Error when a schedule is armed already, or the kernel can do neither mechanism. */
    async arm(args) {
        await requireNetAdmin('resetting connections');
        const { mechanism, strike } = await this.chooseMechanism(args);
        return await this.state.undo.install('resets', () => this.disarm(), async () => {
            this.schedule = startSchedule(args.momentsMs, strike, await readTcpCounters());
            return { mechanism };
        });
    }
    /** @throws Error when nothing is armed, or a moment failed: its missing resets must not read as "no sockets". */
    async read() {
        const { schedule } = this;
        if (schedule === null)
            throw new Error('no resets are armed in this helper');
        if (schedule.failure !== null)
            throw new Error(`a reset failed: ${schedule.failure}`);
        const { outRsts, estabResets } = tcpSince(schedule.before, await readTcpCounters());
        const history = [...schedule.history].sort((a, b) => a.atMs - b.atMs);
        return {
            moments: schedule.moments,
            resets: history.reduce((sum, entry) => sum + entry.resets, 0),
            outRsts,
            estabResets,
            history,
        };
    }
    async chooseMechanism({ port, side }) {
        const { state } = this;
        if (!state.avoid.has('socket-kill') && (await canKillSockets())) {
            return { mechanism: 'ss -K on established sockets', strike: () => killSockets(port, side) };
        }
        const refusal = state.avoid.has('nft') ? 'told to avoid it' : await rejectRefusal(state);
        if (refusal !== null)
            throw new Error(`this kernel cannot reset connections: it closes no sockets for ss -K, and nft has no reject: ${refusal}`);
        return { mechanism: 'momentary nft reject with tcp reset', strike: () => rejectForAMoment(state, port, side) };
    }
    async disarm() {
        const { schedule } = this;
        if (schedule !== null) {
            for (const timer of schedule.timers)
                clearTimeout(timer);
            await Promise.all(schedule.striking);
        }
        this.schedule = null;
        // A strike removes its rule itself; this is for one that could not.
        const undone = this.state.avoid.has('nft') ? [] : await removeRules('nft', this.state.names, 'resets', []);
        return schedule === null ? undone : [`schedule of ${String(schedule.timers.length)} resets`, ...undone];
    }
}
function startSchedule(momentsMs, strike, before) {
    const startedMs = performance.now();
    const schedule = { before, startedMs, timers: [], history: [], striking: new Set(), moments: 0, failure: null };
    for (const momentMs of momentsMs) {
        const timer = setTimeout(() => {
            const striking = strikeOnce(schedule, strike);
            schedule.striking.add(striking);
            void striking.then(() => schedule.striking.delete(striking));
        }, momentMs);
        schedule.timers.push(timer);
    }
    return schedule;
}
async function strikeOnce(schedule, strike) {
    const atMs = Math.round(performance.now() - schedule.startedMs);
    try {
        const resets = await strike();
        schedule.history.push({ atMs, resets });
        schedule.moments += 1;
    }
    catch (error) {
        schedule.failure ??= `at ${String(atMs)} ms: ${describeError(error, 500)}`;
    }
}
