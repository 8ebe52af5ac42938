/**
 * The interfaces between the engine and everything that has effects. `runtime` implements the lower half over Docker,
 * toxiproxy and programs; `faults` and `clauses` work against it.
 */
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../toolbox/operations/registry.ts'
import type { Clock } from './clock.ts'
import type { Descriptor, Link, RequestSpec } from './descriptor.ts'
import type { HeldLoad } from './held-load.ts'
import type { DeepReadonly } from './json.ts'
import type { CanarySample, CanaryWindow } from './canary.ts'
import type { ImageInUse, RunResult } from './result/run.ts'
import type { Random } from './random.ts'
import type { LogLevel, RunEvent } from './run-event.ts'

// --- What the engine works with -----------------------------------------------------------------------------------

export interface Reporter {
  readonly name: string
  onEvent?(event: RunEvent): void
  onEnd(result: DeepReadonly<RunResult>): Promise<void>
}

export interface Logger {
  log(level: LogLevel, text: string): void
}

/** How late this process is served by the machine: what it measures is worth no more than that. */
export interface LagMeter {
  /** Lag of the event loop since the start, p99, ms. */
  p99Ms(): number
  /** Idempotent. */
  stop(): void
}

// --- Contexts -----------------------------------------------------------------------------------------------------

/** All that undoing needs: also built by `cleanup` and the post step, in another process, from the ledger alone. */
export interface UndoContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Logger
  readonly runId: string
  readonly containers: ContainerPort
  readonly toolbox: ToolboxPort
  /** The toxiproxy of the run, found again by label; null when its container is gone. */
  toxiproxy(): Promise<ToxiproxyPort | null>
}

export interface ScenarioWindow {
  /** Monotonic; set when inject returns. */
  readonly startedMs: number
  readonly plannedMs: number
  /** Resolves at startedMs + plannedMs. */
  readonly planned: Promise<void>
}

/** A container whose main process a fault has hit, for the clauses that ask what became of it. */
export interface Hit {
  readonly containerId: string
  readonly name: string
  readonly service: string
  /** Pid of the main process when it was hit, in the host's namespace. */
  readonly pid: number
  readonly atMs: number
  readonly atWallMs: number
  /** Id by which the pool listed it then; null where there is no pool, or it was not in it. */
  readonly member: string | null
}

export interface FaultContext extends UndoContext {
  readonly scenarioId: string
  readonly random: Random
  readonly stack: RunningStack
  /** The observer: a toolbox helper of the run on the stack's network that injects nothing. */
  readonly observer: ToolboxHelper
  readonly windowMs: number
  /** From 1, and never the same twice in one scenario: for names that only one fault of it has. */
  number(): number
  /** Defined from inject on. @throws INTERNAL before. */
  window(): ScenarioWindow
  /** Told by the fault when it hits a container, so that expectations can ask after just that one. */
  hit(hit: Hit): void
}

export interface ClauseContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: Logger
  readonly stack: RunningStack
  readonly observer: ToolboxHelper
  readonly containers: ContainerPort
  readonly windowMs: number
  window(): ScenarioWindow
  /** Wall-clock epoch at which inject returned, for log lines. */
  readonly injectedAtWallMs: number
  /** When everything was reverted, by the wall clock; null before. */
  readonly faultEndedAtWallMs: number | null
  /** The load that holds meanwhile; null when the run has none. */
  readonly load: HeldLoad | null
  readonly canary: CanaryView
  /** Sum over the faults of this scenario of the slow-down the canary should show; null when none says so. */
  readonly canaryDelayMs: number | null
  /** Containers that the faults of this scenario have hit so far, in order. */
  hits(): readonly Hit[]
  /** Sends one of the descriptor's requests through the entry. */
  request(spec: RequestSpec, limits: { deadlineMs: number; maxBytes: number }): Promise<RequestOutcome>
}

/** What clauses may see of the canary. */
export interface CanaryView {
  /** The steady state before the fault. */
  readonly steady: CanaryWindow
  /** Waits until all requests intended in the fault window so far have an outcome, and returns them. */
  samples(fromMs: number, toMs: number): Promise<readonly CanarySample[]>
}

export interface RequestOutcome {
  readonly status: number | null
  readonly error: string | null
  readonly good: boolean
  readonly reason: string | null
  readonly firstByteMs: number | null
  readonly totalMs: number
  readonly bytes: number
  /** SHA-256 of the body, hex. */
  readonly bodyHash: string | null
  readonly complete: boolean
  /** Body as text, cut at maxBytes. */
  readonly body: string
  /** Value of the answer's x-task-id, x-request-id or x-correlation-id header; null when it has none. */
  readonly answerId?: string | null
}

// --- Docker and friends -------------------------------------------------------------------------------------------

export interface ContainerState {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly image: string
  readonly imageId: string
  readonly status: string
  readonly health: string | null
  /** Pid in the host's namespace; 0 when it is not running. */
  readonly pid: number
  readonly restartCount: number
  readonly startedAt: string
  readonly oomKilled: boolean
  readonly exitCode: number
  /** Address by network name. */
  readonly addresses: Readonly<Record<string, string>>
  readonly mounts: readonly ContainerMount[]
  /** As inspect names it: `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly restartPolicy?: string
  /** null without a limit. */
  readonly memoryLimitBytes?: number | null
  /** Memory and swap together; null when the daemon says that there is no such limit. */
  readonly memorySwapLimitBytes?: number | null
  /** NVIDIA GPUs that Docker gives it: indices, uuids or their beginnings, or `all`. */
  readonly gpus?: readonly string[]
}

/** What one list of the daemon tells of a container. */
export type ContainerGlance = Pick<ContainerState, 'id' | 'name' | 'service' | 'status' | 'health' | 'addresses'>

export interface ContainerMount {
  readonly type: string
  /** Path in the container. */
  readonly destination: string
  /** Volume name for a volume, else the path on the host. */
  readonly source: string
  readonly readOnly: boolean
}

/** What the daemon is asked to do with a container. Each is idempotent: what is so already is no error. */
export type ContainerAction =
  | { readonly do: 'kill'; readonly signal: string }
  | { readonly do: 'stop'; readonly graceSeconds: number }
  | { readonly do: 'start' | 'pause' | 'unpause' | 'restart' | 'remove' }

export interface ContainerEvent {
  readonly atMs: number
  readonly action: string
  readonly containerId: string
  readonly service: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Narrow door to the containers that carry this run's label. */
export interface ContainerPort {
  /** Containers of one service, stopped ones too, ordered by name. */
  list(service: string, signal: AbortSignal): Promise<ContainerState[]>
  all(signal: AbortSignal): Promise<ContainerState[]>
  /** The same containers by a single question to the daemon, however many they are; for those who look often. */
  glance(signal: AbortSignal): Promise<ContainerGlance[]>
  /** null when it is gone. */
  inspect(id: string, signal: AbortSignal): Promise<ContainerState | null>
  /** Lines of both streams in time order with Docker's own timestamps, the newest `maxBytes` of them. */
  logs(
    id: string,
    window: { sinceWallMs: number; untilWallMs: number; maxBytes: number },
    signal: AbortSignal,
  ): Promise<LogLine[]>
  /** @throws TARGET_NOT_FOUND when it is gone, except for `remove`. */
  act(id: string, action: ContainerAction, signal: AbortSignal): Promise<void>
  /** Events of this run's containers so far, oldest first, from the feed that is open since the stack came up. */
  events(sinceWallMs: number): readonly ContainerEvent[]
}

export interface LogLine {
  readonly atMs: number
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** The stack as it runs now. Addresses are read when asked, as they change when a container restarts. */
export interface RunningStack {
  readonly descriptor: Descriptor
  readonly project: string
  /** Docker network that the observer is on. */
  readonly network: string
  /** Base URL of the entry on 127.0.0.1. */
  readonly entryUrl: string
  readonly images: readonly ImageInUse[]
  /** Values to fill into `${NAME}` of request headers and bodies. */
  readonly variables: Readonly<Record<string, string>>
  link(name: string): Link
  toxiproxy(): ToxiproxyPort | null
  /** Reads the descriptor's pool through `observer`; null when it declares none. */
  pool(observer: ToolboxHelper): PoolPort | null
  /** Reads the descriptor's list of completed jobs through `observer`; null when it declares none. */
  completed(observer: ToolboxHelper): CompletedPort | null
  /**
   * Starts one more container of the service beside those that run, without waiting for its health.
   * @returns the new one; `ContainerPort.act` with `remove` undoes it.
   */
  scaleUp(service: string, signal: AbortSignal): Promise<ContainerState>
  /**
   * Lifts the CPU quotas of all containers to so many cores, for load: under chaos they leave room for whoever looks on.
   * @returns what puts back the quotas that they had; idempotent, and nothing for a container that is gone.
   */
  liftCpuQuotas(cores: number, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>>
  /** null when all services of the descriptor are healthy, else what is not. */
  unhealthy(signal: AbortSignal): Promise<string | null>
  /** Removes and starts the whole stack again, volumes included; ends when it is healthy. */
  recreate(signal: AbortSignal): Promise<void>
}

/** The jobs that the system says it has completed, in the order of their ends. */
export interface CompletedPort {
  /** Where to begin: the place after all that are completed now. */
  readonly first: string
  /** @throws COMPLETED_UNREADABLE when the page gives no answer, or one of another shape. */
  page(after: string, signal: AbortSignal): Promise<{ readonly ids: readonly string[]; readonly next: string }>
}

/** The pool of workers as the system itself lists it. */
export interface PoolPort {
  /** @throws POOL_UNREADABLE when the listing gives no answer, or one of another shape. */
  members(signal: AbortSignal): Promise<readonly PoolMember[]>
  /** Asks the system to stop a member. @throws POOL_UNREADABLE when it refuses; CAPABILITY_MISSING when it has no way to ask. */
  stop(member: string, signal: AbortSignal): Promise<void>
}

export interface PoolMember {
  readonly id: string
  /** As the listing says it. */
  readonly state: string
  /** What the descriptor says that this state means; null for a state that it does not name. */
  readonly meaning: 'registering' | 'ready' | 'busy' | 'failed' | null
  /** Container id (or its first 12 digits) or name. */
  readonly container: string
  readonly inFlight: number
}

export interface Toxic {
  readonly name: string
  readonly type: string
  readonly stream: 'upstream' | 'downstream'
  readonly toxicity: number
  readonly attributes: Readonly<Record<string, number>>
}

export interface ToxiproxyProxy {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly Toxic[]
}

/** toxiproxy's REST API, the part we use. Every call reads back what it set, as the server accepts typos. */
export interface ToxiproxyPort {
  proxies(signal: AbortSignal): Promise<ToxiproxyProxy[]>
  addToxic(proxy: string, toxic: Toxic, signal: AbortSignal): Promise<void>
  /** True when it was there. */
  removeToxic(proxy: string, toxic: string, signal: AbortSignal): Promise<boolean>
  setEnabled(proxy: string, enabled: boolean, signal: AbortSignal): Promise<void>
}

export interface HelperRequest {
  /** Container name; stands in the plan, so that a revert finds it. */
  readonly name: string
  readonly attachTo: { readonly container: string } | { readonly network: string }
  readonly pid: 'own' | 'host' | { readonly container: string }
  readonly capabilities: readonly ('NET_ADMIN' | 'NET_RAW' | 'KILL' | 'SYS_PTRACE' | 'DAC_OVERRIDE')[]
  /** Numeric `uid:gid` to run as; root where it is left out. */
  readonly user?: string
  /** The host's cgroup tree, writable, at TOOLBOX_CGROUP_PATH: for putting a child into the target's cgroup. */
  readonly cgroups?: boolean
  /** Bytes of a memory file system of the helper's own at TOOLBOX_FILL_PATH, gone when it ends. */
  readonly fillBytes?: number
  /** A mount of the target, made available at TOOLBOX_VOLUME_PATH. */
  readonly volume?: ContainerMount
  /** NVIDIA GPU by uuid or index, or `all`. @throws CAPABILITY_MISSING from `start` and `once` where Docker has none to give. */
  readonly gpu?: string
  /** The helper undoes its work and exits when nobody renews for this long. */
  readonly ttlMs: number
}

export interface ToolboxHelper {
  readonly name: string
  call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>, signal: AbortSignal): Promise<ReplyOf<O>>
}

export interface ToolboxPort {
  /** Starts a helper and keeps its lease renewed until `stop`, or until this process is gone. */
  start(request: HelperRequest, signal: AbortSignal): Promise<ToolboxHelper>
  /** A helper that this process started, by name. @throws TOOLBOX_FAILED when there is none. */
  get(name: string): ToolboxHelper
  /** SIGTERM: the helper undoes its work and exits; its exit code is read and it is removed. null when it was not there. */
  stop(name: string, signal: AbortSignal): Promise<{ readonly exitCode: number; readonly output: string } | null>
  /** One operation in a short-lived helper, for undo after a helper died. null when the container to attach to is gone. */
  once<O extends ToolboxOperation>(
    request: HelperRequest,
    op: O,
    args: ArgumentsOf<O>,
    signal: AbortSignal,
  ): Promise<ReplyOf<O> | null>
}

/** Running programs, the same way for all front ends. Exit codes decide, never stderr. */
export interface ExecPort {
  run(file: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult>
}

export interface ExecOptions {
  readonly cwd?: string
  /** The whole environment of the child: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly limitMs: number
  readonly signal: AbortSignal
  /** Bytes kept of each stream, the newest. */
  readonly maxOutputBytes?: number
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

// --- The canary, files, and the stack's life ----------------------------------------------------------------------

/** Open-loop canary of one stack, from its first scenario to its last. */
export interface RunningCanary {
  /** All requests with an outcome that were intended since `fromMs`, in the order of their intended send times. */
  samples(fromMs: number): readonly CanarySample[]
  /** Waits for the outcome of every request intended in [fromMs, toMs), and returns them. */
  settled(fromMs: number, toMs: number, signal: AbortSignal): Promise<readonly CanarySample[]>
  /** From now on so many requests a second; null is the rate that the descriptor gives. */
  pace(ratePerSecond: number | null): void
  /** Drops what was intended before, requests in flight too: nobody will ask for it again. */
  forget(beforeMs: number): void
  /** Sends nothing more; requests in flight are dropped. */
  stop(): void
}

export interface CanaryPort {
  start(stack: RunningStack, options: { clock: Clock; signal: AbortSignal }): RunningCanary
  /** One request of the descriptor through the entry. */
  request(
    stack: RunningStack,
    spec: RequestSpec,
    limits: { deadlineMs: number; maxBytes: number },
    signal: AbortSignal,
  ): Promise<RequestOutcome>
}

/** Where a run's files go. Paths are relative to the result file and come back as written. */
export interface ArtifactPort {
  write(path: string, text: string): Promise<string>
  /** The same for what is no text, and can hold none of anybody's; of any length. Whole, or not there at all. */
  writeBytes(path: string, bytes: AsyncIterable<Uint8Array>): Promise<string>
}

/** A file of the run's own, for what would be too much to keep in memory. */
export interface ScratchFile {
  /** Behind what is there, one after the other; resolves when it is written. */
  append(bytes: Uint8Array): Promise<void>
  /** From one byte up to another, the latter left out; both lie within what was appended. */
  read(from: number, to: number): AsyncIterable<Uint8Array>
  /** Idempotent. */
  remove(): Promise<void>
}
