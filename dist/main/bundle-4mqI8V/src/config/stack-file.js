/** Reads a stack descriptor file into what the engine knows of a stack. */
import { dirname, resolve } from 'node:path';
import { nodeAt } from "./json-tree.js";
import { mistakesError } from "./mistakes.js";
import { readJsonSource } from "./read-source.js";
import { checkNode } from "./schema-issues.js";
import { checkStack, resolveScenarioFiles, shortPath } from "./stack-checks.js";
import { stackSchema } from "./stack-schema.js";
/** Checks a descriptor file and the files it names; never throws for what it holds. */
export function checkDescriptorFile(file) {
    const source = readJsonSource(file);
    const { root, mistakes } = source;
    if (root === null)
        return { descriptor: null, mistakes: mistakes.toArray(), locate: () => source.locate(0) };
    const locate = (path) => source.locate(nodeAt(root, path).node.offset);
    const stack = checkNode(stackSchema, root, [], mistakes);
    if (stack === null)
        return { descriptor: null, mistakes: mistakes.toArray(), locate };
    const tell = (path, message) => {
        mistakes.add(nodeAt(root, path).node.offset, path, message);
    };
    const folder = dirname(resolve(file));
    checkStack(stack, folder, tell);
    const scenarioFiles = resolveScenarioFiles(stack.scenarios, folder, tell);
    const descriptor = mistakes.count === 0 ? toDescriptor(stack, resolve(file), scenarioFiles) : null;
    return { descriptor, mistakes: mistakes.toArray(), locate };
}
/** @throws ChaosError BAD_INPUT with all mistakes of the file. */
export function loadDescriptor(file) {
    const { descriptor, mistakes } = checkDescriptorFile(file);
    if (descriptor === null)
        throw mistakesError('the stack descriptor', mistakes);
    return descriptor;
}
function toDescriptor(stack, file, scenarioFiles) {
    const folder = dirname(file);
    return {
        name: stack.name,
        reference: stack.reference,
        file,
        composeFiles: stack.compose.map((path) => resolve(folder, path)),
        images: stack.images.map((image) => ({ ...image, context: resolve(folder, image.context) })),
        secrets: stack.secrets,
        services: Object.entries(stack.services).map(toService),
        entry: stack.entry,
        toxiproxy: stack.toxiproxy,
        links: Object.entries(stack.links).map(toLink),
        defaultLink: stack.default_link,
        requests: Object.fromEntries(Object.entries(stack.requests).map(([name, request]) => [name, toRequest(request)])),
        canary: { request: stack.canary.request, ratePerSecond: stack.canary.rate_per_second },
        pool: stack.pool === null ? null : toPool(stack.pool),
        scenarioFiles: scenarioFiles.map(shortPath),
        defects: stack.defects,
    };
}
function toService([name, service]) {
    return { name, health: service.health, dependsOn: service.depends_on, replicas: service.replicas, control: service.control };
}
function toLink([name, link]) {
    const { from, to, proxy, upstream, probe, leg } = link;
    return { name, from, to, proxy, listenPort: link.listen_port, upstream, onCanaryPath: link.on_canary_path, probe, leg };
}
function toRequest(request) {
    const { method, path, headers, good } = request;
    const body = request.body;
    return { method, path, headers, body, good: { status: good.status, bodyMatches: good.body_matches } };
}
function toPool(pool) {
    const { in_flight: inFlight, ...rest } = pool;
    return { ...rest, inFlight };
}
