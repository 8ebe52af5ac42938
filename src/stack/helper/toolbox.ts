/** Helpers in containers of the toolbox image: the port through which faults and clauses reach the kernel. */
import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import type Dockerode from 'dockerode'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { HelperRequest, ToolboxHelper, ToolboxPort } from '../../ports/toolbox.ts'
import { TOOLBOX_ALL_OBJECTS, type ToolboxAvoidable } from '../../core/toolbox.ts'
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../../toolbox/operations/registry.ts'
import { dockerCall, dockerStatus, inspectContainer } from '../docker/call.ts'
import { deviceRequests, gpuOffer, isGpuRefusal } from '../docker/gpu-request.ts'
import { ROLE_LABEL, RUN_LABEL, TOOLBOX_ROLE, type Owner } from '../docker/labels.ts'
import { ToolboxConnection, type Demultiplex } from './connection.ts'
import { containerOptions, endHelper, findHelper, isRunning, objectsWord, removeContainer, type HelperSpec } from './container.ts'

/** Removing what was begun has its own time: the caller's may be up. */
const CLEANUP_LIMIT_MS = 10_000
/** Two renewals may be lost before the lease runs out. */
const RENEWALS_PER_LEASE = 3

export interface ToolboxOptions extends Owner {
  readonly docker: Dockerode
  readonly image: string
  readonly log: Logger
  /** Mechanisms that helpers must not use, as if this kernel lacked them. */
  readonly avoid?: readonly ToolboxAvoidable[]
}

export function createToolbox(options: ToolboxOptions): ToolboxPort {
  return new DockerToolbox(options)
}

class DockerToolbox implements ToolboxPort {
  private readonly options: ToolboxOptions
  private readonly helpers = new Map<string, ToolboxConnection>()

  constructor(options: ToolboxOptions) {
    this.options = options
  }

  async start(request: HelperRequest, signal: AbortSignal): Promise<ToolboxHelper> {
    const connection = await this.launch(await this.spec(request, objectsWord(request.name), signal), signal)
    connection.keepRenewing(request.ttlMs / RENEWALS_PER_LEASE)
    this.helpers.set(request.name, connection)
    return connection
  }

  get(name: string): ToolboxHelper {
    const helper = this.helpers.get(name)
    if (!helper) throw new ChaosError('TOOLBOX_FAILED', `this process started no helper ${name}, or has stopped it`)
    return helper
  }

  async stop(name: string, signal: AbortSignal): Promise<{ exitCode: number; output: string } | null> {
    const connection = this.helpers.get(name)
    // First of all: a renewal must not cross with the end.
    connection?.retire()
    const container = await findHelper(this.options.docker, name, this.options.runId, signal)
    const ended = container === null ? null : await endHelper(container, signal)
    connection?.close()
    this.helpers.delete(name)
    return ended
  }

  async once<O extends ToolboxOperation>(
    request: HelperRequest,
    op: O,
    args: ArgumentsOf<O>,
    signal: AbortSignal,
  ): Promise<ReplyOf<O> | null> {
    // A name of its own each time: one that was given up may still be on its way out.
    const named = { ...request, name: `${request.name}-${randomBytes(3).toString('hex')}` }
    if (await this.namespaceGone(request, signal)) return null
    let connection: ToolboxConnection
    try {
      connection = await this.launch(await this.spec(named, TOOLBOX_ALL_OBJECTS, signal), signal)
    } catch (error) {
      if (!signal.aborted && (await this.namespaceGone(request, signal))) return null
      throw error
    }
    try {
      return await connection.call(op, args, signal)
    } finally {
      await this.discard(named.name)
      connection.close()
    }
  }

  private async spec(request: HelperRequest, objects: string, signal: AbortSignal): Promise<HelperSpec> {
    const { docker, image, runId, stack, avoid } = this.options
    const devices = request.gpu === undefined ? [] : deviceRequests(request.gpu, await gpuOffer(docker, signal))
    return { request, image, runId, stack, objects, avoid: avoid ?? [], devices }
  }

  /** Creates, attaches, starts, and hears from the helper. Nothing is left of one that did not get that far. */
  private async launch(spec: HelperSpec, signal: AbortSignal): Promise<ToolboxConnection> {
    const { name } = spec.request
    const { docker } = this.options
    let connection: ToolboxConnection | null = null
    try {
      const container = await dockerCall(`create the helper ${name}`, signal, (abortSignal) =>
        docker.createContainer({ ...containerOptions(spec), abortSignal }),
      )
      // Before the start, so that not one line is missed and its input is never without an owner.
      const stream = await dockerCall(`attach to the helper ${name}`, signal, (abortSignal) =>
        container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true, abortSignal }),
      )
      connection = this.connect(name, stream)
      await dockerCall(`start the helper ${name}`, signal, (abortSignal) => container.start({ abortSignal }))
      await connection.call('renew', {}, signal)
      return connection
    } catch (error) {
      connection?.close()
      // 409 at creation: the name belongs to someone else, who keeps it.
      const nameIsTaken = dockerStatus(error) === 409 && connection === null
      if (!nameIsTaken) await this.discard(name)
      throw nameIsTaken ? await this.taken(error, spec, signal) : this.explained(error, spec)
    }
  }

  private connect(name: string, stream: NodeJS.ReadWriteStream): ToolboxConnection {
    if (!(stream instanceof Duplex)) throw new ChaosError('INTERNAL', 'attaching to a container gave no stream')
    const modem = this.options.docker.modem as { demuxStream: Demultiplex }
    const split: Demultiplex = (from, stdout, stderr) => {
      modem.demuxStream(from, stdout, stderr)
    }
    return new ToolboxConnection(name, stream, split, this.options.log)
  }

  private async discard(name: string): Promise<void> {
    try {
      const signal = AbortSignal.timeout(CLEANUP_LIMIT_MS)
      const container = await findHelper(this.options.docker, name, this.options.runId, signal)
      if (container !== null) await removeContainer(container, signal)
    } catch (error) {
      // It carries the run's label: the sweep at the run's end finds it, and reports it if it cannot remove it either.
      this.options.log.log('warn', `the helper ${name} was not removed: ${describeError(error, 500)}`)
    }
  }

  private async namespaceGone({ attachTo, pid }: HelperRequest, signal: AbortSignal): Promise<boolean> {
    const lenders = ['container' in attachTo ? attachTo.container : null, typeof pid === 'object' ? pid.container : null]
    for (const lender of lenders) {
      if (lender !== null && !(await isRunning(this.options.docker, lender, signal))) return true
    }
    return false
  }

  /** A helper's name is a lock as well: one for each GPU of the machine. Whoever asks next is told who has it. */
  private async taken(error: unknown, { request: { name, gpu } }: HelperSpec, signal: AbortSignal): Promise<ChaosError> {
    const holder = await inspectContainer(this.options.docker, name, signal)
    const run = holder?.Config.Labels[ROLE_LABEL] === TOOLBOX_ROLE ? holder.Config.Labels[RUN_LABEL] : undefined
    const who =
      run === undefined ? 'a container that is not ours' : `run ${run}, whose helper is ${holder?.State.Status ?? 'gone'}`
    const what = gpu === undefined ? `the helper ${name} could not be started: its name is` : `the GPU ${gpu} (${name}) is`
    return new ChaosError('TOOLBOX_FAILED', `${what} held by ${who}`, {
      hint:
        run === undefined
          ? `Rename or remove the container ${name}.`
          : `Wait until run ${run} has ended; if it is dead, \`chaos-action cleanup\` removes what it left.`,
      cause: error,
    })
  }

  private explained(error: unknown, { request, image }: HelperSpec): unknown {
    if (isChaosError(error)) return error
    const text = describeError(error, 1_000)
    if (request.gpu !== undefined && isGpuRefusal(text)) {
      return new ChaosError('CAPABILITY_MISSING', `Docker has no NVIDIA GPU to give: ${text}`, {
        hint: "Install NVIDIA's driver and its container toolkit, and let it configure Docker.",
        cause: error,
      })
    }
    if (dockerStatus(error) === 404 && text.includes('No such image')) {
      return new ChaosError('IMAGE_MISSING', `the toolbox image ${image} is not on this machine`, {
        hint: 'Build it with `chaos-action images`, or let the run do so.',
        cause: error,
      })
    }
    return new ChaosError('TOOLBOX_FAILED', `the helper ${request.name} could not be started: ${text}`, {
      hint: 'The helper joins the network of the target: see whether that container still runs, and whether the daemon allows the capabilities it needs.',
      cause: error,
    })
  }
}
