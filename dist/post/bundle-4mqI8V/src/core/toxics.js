/**
 * The toxics of toxiproxy 2.12 and the two network faults that it lacks, with their attributes. toxiproxy itself takes
 * any attribute name and any value (rate -1 panics the server), so this table is what refuses them.
 */
const DAY_MS = 86_400_000;
function attribute(name, unit, rule = {}) {
    return { name, unit, required: false, minimum: 0, maximum: DAY_MS, integer: true, ...rule };
}
/** Toxics that toxiproxy has, `down` included: there it is a proxy that is switched off. */
export const TOXIPROXY_TOXICS = {
    latency: [attribute('latency', 'ms', { required: true, minimum: 1 }), attribute('jitter', 'ms')],
    bandwidth: [attribute('rate', 'KB/s (1 KB = 1000 B)', { required: true, maximum: 100_000_000 })],
    slow_close: [attribute('delay', 'ms', { required: true, minimum: 1 })],
    timeout: [attribute('timeout', 'ms; 0 swallows everything until it is removed', { required: true })],
    reset_peer: [attribute('timeout', 'ms', { required: true })],
    slicer: [
        attribute('average_size', 'bytes', { required: true, minimum: 1 }),
        attribute('size_variation', 'bytes'),
        attribute('delay', 'µs'),
    ],
    limit_data: [attribute('bytes', 'bytes', { required: true, maximum: Number.MAX_SAFE_INTEGER })],
    down: [],
};
/** Network faults of ours, for which toxiproxy has nothing that does what the name says. */
export const KERNEL_TOXICS = {
    packet_loss: [attribute('percent', '%', { required: true, minimum: 1, maximum: 100, integer: false })],
    connection_resets: [
        attribute('per_third', 'moments in each third of the fault window (default 3)', { minimum: 1, maximum: 50 }),
    ],
};
export const NETWORK_TOXICS = { ...TOXIPROXY_TOXICS, ...KERNEL_TOXICS };
