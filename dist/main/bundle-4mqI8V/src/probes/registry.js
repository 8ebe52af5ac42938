import { canaryExpectation } from "./canary-expectation.js";
import { logGapsExpectation } from "./log-gaps.js";
import { requestExpectation } from "./request.js";
/** All probes by the kind of `expect` clause that they judge. */
export function probeRegistry() {
    const probes = [canaryExpectation, requestExpectation, logGapsExpectation];
    return new Map(probes.map((probe) => [probe.kind, probe]));
}
