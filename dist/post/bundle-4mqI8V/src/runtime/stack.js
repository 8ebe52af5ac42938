/** Brings a compose stack up: images, networks, volumes, containers, health, ports, links. */
import { join } from 'node:path';
import { systemClock } from "../core/clock.js";
import { ChaosError, describeError } from "../core/errors.js";
import { askEntry } from "./entry-answer.js";
import { composeVersion, openCompose } from "./compose.js";
import { createContainers } from "./containers.js";
import { dockerCall } from "./docker-call.js";
import { dockerEnv } from "./docker-env.js";
import { openEventFeed } from "./event-feed.js";
import { ensureImages, ensurePresent } from "./images.js";
import { TOXIPROXY_LABEL } from "./labels.js";
import { imagesInUse, runningStack } from "./running-stack.js";
import { awaitHealthy, expectedServices, explainFailedUp } from "./stack-healthy.js";
import { verifyLinks } from "./stack-links.js";
import { openAddresses } from "./stack-ports.js";
import { sweepOrThrow } from "./stack-teardown.js";
import { defectVariables, secretValues } from "./stack-variables.js";
const HEALTHY_LIMIT_MS = 120_000;
/** For undoing a start that failed or was aborted; on a signal of its own, as the run's may be the reason. */
const UNDO_LIMIT_MS = 60_000;
/**
 * Resolves when every service is healthy, the entry is reachable from this machine, and the links are as declared. A start
 * that fails or is aborted halfway removes what it made before it rejects.
 */
export async function bringUp(options) {
    const { descriptor, docker, runId, signal, log, exec } = options;
    if (descriptor.links.length > 0 && descriptor.toxiproxy === null) {
        throw new ChaosError('BAD_INPUT', `${descriptor.file}: the stack has links but no toxiproxy to realise them`);
    }
    // Compose answers many questions without a daemon: one that is missing is found before anything is begun.
    await dockerCall('ping', signal, () => docker.ping());
    const defects = defectVariables(descriptor, options.defects);
    const secrets = secretValues(descriptor, options.env);
    const envOf = (add) => dockerEnv({ source: options.env, composeFiles: descriptor.composeFiles, secrets: descriptor.secrets, add });
    const plainEnv = await envOf({});
    const version = await composeVersion(exec, plainEnv, signal);
    const imageDeps = { exec, docker, log, env: plainEnv, signal };
    const images = await ensureImages(descriptor.images, options.env, imageDeps);
    const imageVariables = Object.fromEntries(images.map(({ variable, image }) => [variable, image]));
    const env = await envOf({ ...imageVariables, ...secrets, ...defects });
    const stateDir = join(options.stateDir, 'compose');
    const compose = await openCompose({ exec, log, runId, files: descriptor.composeFiles, stateDir, env, labels: toxiproxyLabels(descriptor) }, signal);
    const closing = new AbortController();
    let feed = null;
    // From here on there may be something to undo, whatever point the start has reached.
    try {
        feed = await openEventFeed({ docker, runId, clock: systemClock, log }, signal);
        const containers = createContainers({ docker, runId, feed });
        const expected = expectedServices(descriptor, compose.config);
        const limitMs = options.healthyLimitMs ?? HEALTHY_LIMIT_MS;
        const health = { docker, runId, containers, expected, limitMs };
        await haveImages(compose, imageDeps, signal);
        await upAndHealthy(compose, health, signal);
        const addresses = await openAddresses({ docker, runId, descriptor, feed, log, signal: closing.signal }, signal);
        const ready = async (inner) => {
            await awaitHealthy(health, inner, entryAnswers(addresses));
            const url = addresses.toxiproxyUrl();
            if (url !== null)
                await verifyLinks(descriptor.links, options.toxiproxyAt(url), systemClock, inner);
        };
        await ready(signal);
        return runningStack({
            ...{ descriptor, docker, runId, log, compose, feed, containers, closing, secrets, addresses, health },
            images: imagesInUse(descriptor, await containers.all(signal), images),
            composeVersion: version,
            toxiproxyAt: options.toxiproxyAt,
            startAgain: (inner) => upAndHealthy(compose, health, inner),
            awaitReady: ready,
        });
    }
    catch (error) {
        closing.abort();
        await feed?.[Symbol.asyncDispose]();
        await undoStart(options, error);
        throw error;
    }
}
/** By this label the undo of another process finds toxiproxy's API, without the descriptor. */
function toxiproxyLabels({ toxiproxy }) {
    return toxiproxy === null ? {} : { [toxiproxy.service]: { [TOXIPROXY_LABEL]: String(toxiproxy.port) } };
}
function entryAnswers(addresses) {
    return {
        failure: () => `the entry ${addresses.entryUrl()} gave no HTTP answer`,
        hint: 'Check the entry of the stack descriptor, and give services that start slowly a health check.',
        work: (signal) => askEntry(addresses.entryUrl(), signal),
    };
}
/** No service is asked to stop: nobody waits for the shutdown of a stack that never came up. */
async function undoStart(options, cause) {
    try {
        await sweepOrThrow(options, AbortSignal.timeout(UNDO_LIMIT_MS));
    }
    catch (error) {
        const text = `the stack did not come up (${describeError(cause)}), and not all of it was removed: ${describeError(error)}`;
        throw new ChaosError('NOT_REVERTED', text, { cause });
    }
}
/** Images that compose builds are always built anew, from the cache: the verdict must speak of the code at hand. */
async function haveImages(compose, deps, signal) {
    const services = Object.values(compose.config.services);
    if (services.some(({ build }) => build !== undefined))
        await compose.build(signal);
    const named = services.filter(({ build }) => build === undefined).map(({ image }) => image);
    for (const image of new Set(named.filter((name) => name !== undefined)))
        await ensurePresent(image, deps);
}
/** A failing `up` often only says that a dependency is unhealthy; the services themselves say why. */
async function upAndHealthy(compose, health, signal) {
    try {
        await compose.up(signal);
    }
    catch (error) {
        if (signal.aborted)
            throw error;
        throw await explainFailedUp(health, error, signal);
    }
    await awaitHealthy(health, signal);
}
