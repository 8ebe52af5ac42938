import { ChaosError } from "../core/errors.js";
import { gapsText, judgeGaps } from "./log-gaps-judgement.js";
const MOST_BYTES = 8 * 1_024 * 1_024;
/** Growing pauses between attempts, by the time of the log lines: what a service says of its own waits plays no part. */
export const logGapsExpectation = {
    kind: 'log_gaps',
    text: gapsText,
    async observe(spec, _baseline, ctx) {
        await ctx.window().planned;
        ctx.signal.throwIfAborted();
        return judgeGaps(spec, await readLines(spec.service, ctx));
    },
};
/** Lines of all containers of the service since the fault began. @throws TARGET_NOT_FOUND when it has none. */
async function readLines(service, ctx) {
    const containers = await ctx.containers.list(service, ctx.signal);
    if (containers.length === 0)
        throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service '${service}' to read the log of`);
    const window = { sinceWallMs: ctx.injectedAtWallMs, untilWallMs: ctx.clock.wallMs(), maxBytes: MOST_BYTES };
    const logs = await Promise.all(containers.map((container) => ctx.containers.logs(container.id, window, ctx.signal)));
    return logs.flat();
}
