import { fillRecord } from "../core/variables.js";
import { runningContainers } from "./helpers.js";
import { legOf, resolveLinks } from "./links.js";
import { HELPER_TTL_MS, helperName } from "./names.js";
/** The legs of the chosen links with all containers at both of their ends. @throws CAPABILITY_MISSING for a link without one. */
export async function planLegs(selection, fault, ctx, names) {
    const links = resolveLinks(selection, ctx.stack.descriptor);
    const legs = [];
    for (const link of links) {
        const leg = legOf(link, fault);
        const [clients, servers] = await Promise.all([runningContainers(leg.client, ctx), runningContainers(leg.server, ctx)]);
        const end = (side, service) => (container) => ({
            helper: helperName(ctx, side, names.next(ctx)),
            container: container.id,
            containerName: container.name,
            service,
            side,
        });
        legs.push({
            link: link.name,
            port: leg.port,
            ends: [...clients.map(end('client', leg.client)), ...servers.map(end('server', leg.server))],
        });
    }
    return { links, legs };
}
export function endsOf(legs, side) {
    return legs.flatMap((leg) => leg.ends).filter((end) => side === undefined || end.side === side);
}
export function namespaceHelpers(legs) {
    return endsOf(legs).map((end) => ({ name: end.helper, container: end.container }));
}
/** Containers at both ends, for people. */
export function targetNames(legs) {
    return legs.map((leg) => `${leg.link} (${[...new Set(leg.ends.map((end) => end.containerName))].join(' ↔ ')}, port ${String(leg.port)})`);
}
export async function startEnds(legs, ctx) {
    await Promise.all(endsOf(legs).map((end) => ctx.toolbox.start({
        name: end.helper,
        attachTo: { container: end.container },
        pid: 'own',
        capabilities: ['NET_ADMIN'],
        ttlMs: HELPER_TTL_MS,
    }, ctx.signal)));
}
export function helperAt(end, ctx) {
    return ctx.toolbox.get(end.helper);
}
/** From the client's end straight to the server's port, not by way of the proxy's other side. */
export function legAccess(leg, ctx) {
    const link = ctx.stack.link(leg.link);
    const server = legOf(link, 'a probe').server;
    return {
        link: leg.link,
        target: { host: server, port: leg.port },
        path: link.probe.path,
        headers: fillRecord(link.probe.headers, ctx.stack.variables),
    };
}
