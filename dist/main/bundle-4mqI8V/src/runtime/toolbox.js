/** Helpers in containers of the toolbox image: the port through which faults and probes reach the kernel. */
import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { ChaosError, describeError, isChaosError } from "../core/errors.js";
import { TOOLBOX_ALL_OBJECTS } from "../core/toolbox.js";
import { dockerCall, dockerStatus } from "./docker-call.js";
import { ToolboxConnection } from "./toolbox-connection.js";
import { containerOptions, endHelper, findHelper, isRunning, objectsWord, removeContainer } from "./toolbox-container.js";
/** Removing what was begun has its own time: the caller's may be up. */
const CLEANUP_LIMIT_MS = 10_000;
/** Two renewals may be lost before the lease runs out. */
const RENEWALS_PER_LEASE = 3;
export function createToolbox(options) {
    return new DockerToolbox(options);
}
class DockerToolbox {
    options;
    helpers = new Map();
    constructor(options) {
        this.options = options;
    }
    async start(request, signal) {
        const connection = await this.launch(this.spec(request, objectsWord(request.name)), signal);
        connection.keepRenewing(request.ttlMs / RENEWALS_PER_LEASE);
        this.helpers.set(request.name, connection);
        return connection;
    }
    get(name) {
        const helper = this.helpers.get(name);
        if (!helper)
            throw new ChaosError('TOOLBOX_FAILED', `this process started no helper ${name}, or has stopped it`);
        return helper;
    }
    async stop(name, signal) {
        const connection = this.helpers.get(name);
        // First of all: a renewal must not cross with the end.
        connection?.retire();
        const container = await findHelper(this.options.docker, name, this.options.runId, signal);
        const ended = container === null ? null : await endHelper(container, signal);
        connection?.close();
        this.helpers.delete(name);
        return ended;
    }
    async once(request, op, args, signal) {
        // A name of its own each time: one that was given up may still be on its way out.
        const named = { ...request, name: `${request.name}-${randomBytes(3).toString('hex')}` };
        if (await this.namespaceGone(request, signal))
            return null;
        let connection;
        try {
            connection = await this.launch(this.spec(named, TOOLBOX_ALL_OBJECTS), signal);
        }
        catch (error) {
            if (!signal.aborted && (await this.namespaceGone(request, signal)))
                return null;
            throw error;
        }
        try {
            return await connection.call(op, args, signal);
        }
        finally {
            await this.discard(named.name);
            connection.close();
        }
    }
    spec(request, objects) {
        const { image, runId, avoid } = this.options;
        return { request, image, runId, objects, avoid: avoid ?? [] };
    }
    /** Creates, attaches, starts, and hears from the helper. Nothing is left of one that did not get that far. */
    async launch(spec, signal) {
        const { name } = spec.request;
        const { docker } = this.options;
        let connection = null;
        try {
            const container = await dockerCall(`create the helper ${name}`, signal, (abortSignal) => docker.createContainer({ ...containerOptions(spec), abortSignal }));
            // Before the start, so that not one line is missed and its input is never without an owner.
            const stream = await dockerCall(`attach to the helper ${name}`, signal, (abortSignal) => container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true, abortSignal }));
            connection = this.connect(name, stream);
            await dockerCall(`start the helper ${name}`, signal, (abortSignal) => container.start({ abortSignal }));
            await connection.call('renew', {}, signal);
            return connection;
        }
        catch (error) {
            connection?.close();
            // 409 at creation: the name belongs to someone else, who keeps it.
            if (dockerStatus(error) !== 409 || connection !== null)
                await this.discard(name);
            throw this.explained(error, spec);
        }
    }
    connect(name, stream) {
        if (!(stream instanceof Duplex))
            throw new ChaosError('INTERNAL', 'attaching to a container gave no stream');
        const { docker, log } = this.options;
        return new ToolboxConnection(name, stream, (from, stdout, stderr) => {
            ;
            docker.modem.demuxStream(from, stdout, stderr);
        }, log);
    }
    async discard(name) {
        try {
            const signal = AbortSignal.timeout(CLEANUP_LIMIT_MS);
            const container = await findHelper(this.options.docker, name, this.options.runId, signal);
            if (container !== null)
                await removeContainer(container, signal);
        }
        catch (error) {
            // It carries the run's label: the sweep at the run's end finds it, and reports it if it cannot remove it either.
            this.options.log.log('warn', `the helper ${name} was not removed: ${describeError(error, 500)}`);
        }
    }
    async namespaceGone({ attachTo, pid }, signal) {
        const lenders = ['container' in attachTo ? attachTo.container : null, typeof pid === 'object' ? pid.container : null];
        for (const lender of lenders) {
            if (lender !== null && !(await isRunning(this.options.docker, lender, signal)))
                return true;
        }
        return false;
    }
    explained(error, { request, image }) {
        if (isChaosError(error))
            return error;
        const text = describeError(error, 1_000);
        if (dockerStatus(error) === 404 && text.includes('No such image')) {
            return new ChaosError('IMAGE_MISSING', `the toolbox image ${image} is not on this machine`, {
                hint: 'Build it with `chaos-action images`, or let the run do so.',
                cause: error,
            });
        }
        return new ChaosError('TOOLBOX_FAILED', `the helper ${request.name} could not be started: ${text}`, {
            hint: 'The helper joins the network of the target: see whether that container still runs, and whether the daemon allows the capabilities it needs.',
            cause: error,
        });
    }
}
