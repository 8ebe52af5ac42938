import { isoTime } from "../core/clock.js";
import { ChaosError, describeError, isChaosError } from "../core/errors.js";
import { withDeadline } from "../core/wait.js";
/** Runs phases one after the other and keeps what each took, also when it throws. */
export class PhaseRecorder {
    results = [];
    clock;
    onStart;
    constructor(clock, onStart) {
        this.clock = clock;
        this.onStart = onStart;
    }
    /** @throws what the work throws, with the phase's name in front of the message. */
    async run(name, limitMs, signal, work) {
        const startedMs = this.clock.nowMs();
        const startedAt = isoTime(this.clock.wallMs());
        this.onStart(name);
        try {
            return await withDeadline(`phase ${name}`, limitMs, signal, work);
        }
        catch (error) {
            if (isChaosError(error))
                throw new ChaosError(error.code, `${name}: ${error.message}`, {
                    cause: error,
                    ...(error.hint === undefined ? {} : { hint: error.hint }),
                });
            throw new ChaosError('INTERNAL', `${name}: ${describeError(error)}`, { cause: error });
        }
        finally {
            this.results.push({ name, startedAt, durationMs: Math.round(this.clock.nowMs() - startedMs) });
        }
    }
}
