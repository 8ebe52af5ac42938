import { measureBandwidth } from "./bandwidth.js";
import { measureBlackhole } from "./blackhole.js";
import { measureLatency } from "./latency.js";
import { measureLimitData } from "./limit-data.js";
import { measureDown, measureResetPeer } from "./refused.js";
import { measureSlicer } from "./slicer.js";
import { measureSlowClose } from "./slow-close.js";
/** How each toxic is proven to bite. A toxic without a measure would be one that nothing proves. */
export const MEASURES = {
    latency: measureLatency,
    bandwidth: measureBandwidth,
    slow_close: measureSlowClose,
    timeout: measureBlackhole,
    reset_peer: measureResetPeer,
    slicer: measureSlicer,
    limit_data: measureLimitData,
    down: measureDown,
};
