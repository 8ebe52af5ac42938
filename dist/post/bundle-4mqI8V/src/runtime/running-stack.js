import { ChaosError } from "../core/errors.js";
import { findTrouble, summarize } from "./stack-health.js";
import { clearStack, tearDown } from "./stack-teardown.js";
export function runningStack(parts) {
    const { descriptor, addresses } = parts;
    return {
        descriptor,
        project: parts.compose.project,
        network: addresses.network,
        get entryUrl() {
            return addresses.entryUrl();
        },
        images: parts.images,
        variables: parts.secrets,
        containers: parts.containers,
        composeVersion: parts.composeVersion,
        link: (name) => findLink(descriptor, name),
        toxiproxy() {
            const url = addresses.toxiproxyUrl();
            return url === null ? null : parts.toxiproxyAt(url);
        },
        unhealthy: async (signal) => summarize(await findTrouble(parts.containers, parts.health.expected, signal)),
        async recreate(signal) {
            await clearStack(parts, signal);
            await parts.startAgain(signal);
            await addresses.refresh(signal);
            await parts.awaitReady(signal);
        },
        async down(signal) {
            parts.closing.abort();
            await parts.feed[Symbol.asyncDispose]();
            return tearDown(parts.compose, parts, signal);
        },
    };
}
function findLink(descriptor, name) {
    const link = descriptor.links.find((candidate) => candidate.name === name);
    if (link !== undefined)
        return link;
    throw new ChaosError('TARGET_NOT_FOUND', `the stack ${descriptor.name} has no link ${name}`, {
        hint: `Its links: ${descriptor.links.map((candidate) => candidate.name).join(', ') || 'none'}`,
    });
}
/** Image and id of each service of the descriptor, as its containers run them. Ours only where the user named no other. */
export function imagesInUse(descriptor, containers, ready) {
    return descriptor.services.flatMap(({ name }) => {
        const own = containers.filter((container) => container.service === name);
        const provided = ready.some(({ service, userProvided }) => service === name && userProvided);
        const distinct = new Map(own.map((container) => [container.imageId, container.image]));
        return [...distinct].map(([id, image]) => ({ service: name, image, id, reference: descriptor.reference && !provided }));
    });
}
