import { ChaosError } from "../core/errors.js";
import { runningContainers } from "./helpers.js";
import { resolveLinks, touchedServices, touchesEverything } from "./links.js";
import { helperName, toxicName } from "./names.js";
/** @throws BAD_INPUT, TARGET_NOT_FOUND or CAPABILITY_MISSING, all before anything is changed. */
export async function planToxic(spec, ctx, names) {
    refuseNonsense(spec);
    const { descriptor } = ctx.stack;
    const links = resolveLinks(spec, descriptor);
    const toxiproxy = await ctx.toxiproxy();
    if (toxiproxy === null)
        throw new ChaosError('TARGET_NOT_FOUND', `toxiproxy of the stack '${descriptor.name}' is not running`);
    const enabled = await enabledProxies(links, toxiproxy, ctx.signal);
    const streams = streamsOf(spec);
    const counted = swallows(spec) && streams.includes('upstream');
    const services = touchedServices(links, descriptor);
    return {
        toxic: spec.toxic,
        attributes: { ...spec.attributes },
        streams,
        toxicity: spec.toxicity,
        entries: links.map((link) => planEntry(link, { spec, streams, counted, enabled }, ctx, names)),
        proxyContainer: counted ? await proxyContainer(ctx) : null,
        services,
        everything: touchesEverything(services, descriptor),
    };
}
function planEntry(link, of, ctx, names) {
    const number = names.next(ctx);
    return {
        link: link.name,
        proxy: link.proxy,
        onCanaryPath: link.onCanaryPath,
        toxics: of.spec.toxic === 'down'
            ? []
            : of.streams.map((stream, index) => ({ name: toxicName(ctx, index === 0 ? number : names.next(ctx)), stream })),
        wasEnabled: of.enabled.get(link.proxy) ?? false,
        marker: of.counted
            ? {
                helper: helperName(ctx, 'marker', number),
                intoPort: link.listenPort,
                outOfPort: link.upstream.port,
                // Short, and like nobody else's request: the kernel compares the first bytes of the packet.
                path: `/c-${ctx.random.integer(0x10000000, 0x7fffffff).toString(16)}`,
            }
            : null,
    };
}
/** What toxiproxy would take and then do nothing, or crash on. */
function refuseNonsense(spec) {
    const { toxic, attributes, toxicity } = spec;
    if (toxic === 'down' && toxicity !== 1) {
        throw new ChaosError('BAD_INPUT', `'down' switches the whole proxy off and knows no toxicity (given: ${String(toxicity)})`);
    }
    const size = attributes['average_size'] ?? 0;
    const variation = attributes['size_variation'] ?? 0;
    if (toxic === 'slicer' && variation >= size) {
        throw new ChaosError('BAD_INPUT', `slicer needs size_variation (${String(variation)}) below average_size (${String(size)}): toxiproxy crashes otherwise`);
    }
}
function streamsOf(spec) {
    return spec.stream === 'both' ? ['upstream', 'downstream'] : [spec.stream];
}
function swallows(spec) {
    return spec.toxic === 'timeout' || (spec.toxic === 'bandwidth' && spec.attributes['rate'] === 0);
}
async function enabledProxies(links, toxiproxy, signal) {
    const proxies = new Map((await toxiproxy.proxies(signal)).map((proxy) => [proxy.name, proxy.enabled]));
    for (const link of links) {
        if (proxies.has(link.proxy))
            continue;
        const known = [...proxies.keys()].join(', ') || 'none';
        throw new ChaosError('TARGET_NOT_FOUND', `toxiproxy has no proxy '${link.proxy}' for the link '${link.name}'; it has: ${known}`);
    }
    return proxies;
}
async function proxyContainer(ctx) {
    const containers = await runningContainers(ctx.stack.descriptor.toxiproxy?.service ?? '', ctx);
    return containers[0]?.id ?? null;
}
/** The toxics of one proxy as toxiproxy takes them. */
export function toxicsOf(plan, entry) {
    return entry.toxics.map(({ name, stream }) => ({
        name,
        type: plan.toxic,
        stream,
        toxicity: plan.toxicity,
        attributes: plan.attributes,
    }));
}
/** `toxiproxy timeout (timeout 0), upstream and downstream`. */
export function mechanismOf(plan) {
    if (plan.toxic === 'down')
        return 'toxiproxy proxy switched off';
    const attributes = Object.entries(plan.attributes).map(([name, value]) => `${name} ${String(value)}`);
    const toxicity = plan.toxicity < 1 ? `, toxicity ${String(plan.toxicity)}` : '';
    return `toxiproxy ${plan.toxic} (${attributes.join(', ')}), ${plan.streams.join(' and ')}${toxicity}`;
}
/** Each link on the canary's path delays it once per stream. A share of the connections does not move the median surely. */
export function canaryDelayOf(plan) {
    const links = plan.entries.filter((entry) => entry.onCanaryPath).length;
    if (plan.toxic !== 'latency' || plan.toxicity < 1 || links === 0)
        return null;
    return (plan.attributes['latency'] ?? 0) * plan.streams.length * links;
}
