import { connectionResetsFault } from "./connection-resets.js";
import { nameSequence } from "./names.js";
import { packetLossFault } from "./packet-loss.js";
import { toxicFault } from "./toxic.js";
/** All faults by kind. One registry serves one run; a cleanup makes its own and needs nothing but the plans. */
export function faultRegistry() {
    const names = nameSequence();
    const faults = [toxicFault(names), packetLossFault(names), connectionResetsFault(names)];
    return new Map(faults.map((fault) => [fault.kind, fault]));
}
