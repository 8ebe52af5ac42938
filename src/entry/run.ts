/** Wires runtime, faults, probes and engine together for one run. Front ends call this and map its verdict to their world. */
import { mkdir } from 'node:fs/promises'
import { randomBytes, randomInt } from 'node:crypto'
import { canaryPort } from '../probes/canary.ts'
import { probeRegistry } from '../probes/registry.ts'
import { faultRegistry } from '../faults/registry.ts'
import { isoTime, systemClock } from '../core/clock.ts'
import type { Descriptor } from '../core/descriptor.ts'
import { explainError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { LoadPattern } from '../core/load.ts'
import type { RunResult } from '../core/model.ts'
import type { RunEvent } from '../core/run-event.ts'
import { seededRandom } from '../core/random.ts'
import { Redaction } from '../core/redaction.ts'
import { secretValuesOf } from '../core/secret-names.ts'
import { TOOLBOX_AVOID_VARIABLE } from '../core/toolbox.ts'
import type { Scenario } from '../core/scenario.ts'
import { EXIT_CODES } from '../core/verdict.ts'
import { isAborted } from '../core/wait.ts'
import type { EngineDeps } from '../engine/deps.ts'
import { Ledger } from '../engine/ledger.ts'
import type { EngineOptions } from '../engine/options.ts'
import { buildRunResult, plannedMs, type RunFacts } from '../engine/run.ts'
import { createDockerClient, type DockerClient } from '../runtime/docker-client.ts'
import { HELD_OVERHEAD_MS } from '../load/held-load.ts'
import { plannedLoadMs } from '../load/run-patterns.ts'
import { hostFacts } from '../runtime/host.ts'
import { createSpawnExec } from '../runtime/spawn-exec.ts'
import { secretValues } from '../runtime/stack-variables.ts'
import { bringUp } from '../runtime/stack.ts'
import type { StackUnderTest } from '../runtime/running-stack.ts'
import { createToolbox, type Toolbox } from '../runtime/toolbox.ts'
import { createToxiproxy } from '../runtime/toxiproxy.ts'
import { fanOut } from '../report/fan-out.ts'
import { parseAvoid } from '../toolbox/helper-state.ts'
import { fileArtifacts } from './files.ts'
import { prepareToolboxImage } from './images.ts'
import { runLoadSuite, type LoadSuite } from './load-suite.ts'
import { loadPlan, type Plan } from './plan.ts'
import { redactedUi } from './redacted-ui.ts'
import type { RunUi } from './run-ui.ts'
import { reportResult } from './report-result.ts'
import { repeatCommandFor } from './repeat-command.ts'
import type { RunRequest } from './run-request.ts'
import { scenariosUnderLoad, type Ran } from './scenarios-under-load.ts'
import { stackHooks } from './stack-inspection.ts'
import { TOOL_VERSION } from './version.ts'

const DOWN_LIMIT_MS = 60_000
/** After a cancel GitHub leaves ten seconds in all: no service is asked to stop politely for long. */
const OBSERVER_TTL_MS = 15_000

export interface RunOutcome {
  readonly result: RunResult
  readonly exitCode: number
}

const NOTHING: Pick<RunResult, 'scenarios' | 'load'> = { scenarios: [], load: [] }

interface Session {
  readonly request: RunRequest
  readonly ui: RunUi
  /** The user's environment with the stack's secrets, drawn where it has none. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly redaction: Redaction
  readonly runId: string
  readonly seed: number
  readonly facts: RunFacts
  readonly descriptor: Descriptor
  readonly scenarios: readonly Scenario[]
  readonly patterns: readonly LoadPattern[]
  readonly underLoad: LoadPattern | null
  readonly docker: DockerClient
  readonly emit: (event: RunEvent) => void
  readonly repeatCommand: (id: string) => string
}

/** @throws BAD_INPUT before anything is started; everything later is a result whose verdict says what went wrong. */
export async function runChaos(request: RunRequest, plainUi: RunUi): Promise<RunOutcome> {
  const { descriptor, scenarios, patterns, underLoad } = loadPlan(request)
  await mkdir(request.outDir, { recursive: true })
  const seed = request.seed ?? randomInt(1, 2 ** 31)
  const facts: RunFacts = {
    version: TOOL_VERSION,
    seed,
    strict: request.strict,
    defects: request.defects,
    environment: {},
    startedWallMs: systemClock.wallMs(),
    startedMs: systemClock.nowMs(),
  }
  const secrets = secretValues(descriptor, plainUi.env)
  const names = [descriptor.name, ...descriptor.services.map(({ name }) => name)]
  const redaction = new Redaction([...Object.values(secrets), ...secretValuesOf(plainUi.env, names)])
  const ui = redactedUi(plainUi, redaction)
  const reporters = fanOut(ui.reporters)
  const emit = (event: RunEvent): void => {
    reporters.onEvent(event)
  }
  const runId = request.runId ?? newRunId()
  const env = { ...ui.env, ...secrets }
  const session: Session = {
    request,
    ui,
    env,
    redaction,
    runId,
    seed,
    facts,
    descriptor,
    scenarios,
    patterns,
    underLoad,
    docker: createDockerClient(),
    emit,
    repeatCommand: repeatCommandFor(request, seed, descriptor.file),
  }
  emit({
    type: 'run-started',
    runId,
    plannedMs: plannedRunMs(session, request),
    scenarios: scenarios.length + patterns.length,
    seed,
    profile: request.profile,
    stack: descriptor.name,
  })
  const result = await execute(session)
  emit({ type: 'run-ended', verdict: result.verdict, durationMs: result.run.durationMs })
  const reported = await reportResult(result, reporters, ui.reporters)
  return { result: redaction.object(reported), exitCode: EXIT_CODES[reported.verdict] }
}

/** Short enough for container names, unique enough for one machine. */
export function newRunId(): string {
  return randomBytes(4).toString('hex')
}

async function execute(session: Session): Promise<RunResult> {
  const { request, runId, facts } = session
  let ledger: Ledger
  try {
    ledger = await Ledger.hold(request.stateDir, runId, isoTime(facts.startedWallMs))
  } catch (error) {
    return resultOf(session, null, facts, NOTHING, [`the run's folder could not be made: ${explainError(error)}`])
  }
  let stack: StackUnderTest | null = null
  let outcome: Ran = { ...NOTHING, reasons: [] }
  let environment: Record<string, Json> = {}
  const toolbox = await prepareToolbox(session).catch((error: unknown) => {
    outcome = { ...NOTHING, reasons: [explainError(error)] }
    return null
  })
  if (toolbox !== null) {
    try {
      stack = await step(session, 'bringing up the stack', () => startStack(session, ledger))
      environment = await hostFacts(session.docker, stack.composeVersion, session.ui.signal)
      outcome = await experiment(session, stack, toolbox, ledger)
    } catch (error) {
      outcome = { ...outcome, reasons: [...outcome.reasons, explainError(error)] }
    }
  }
  const trouble = [...(await tearDown(session, stack)), ...(await released(ledger))]
  return resultOf(session, stack, { ...facts, environment }, outcome, [...outcome.reasons, ...trouble])
}

/** Whatever becomes of its folder, what the run found is told. */
async function released(ledger: Ledger): Promise<string[]> {
  try {
    await ledger.release()
    return []
  } catch (error) {
    return [`the run's folder ${ledger.folder} could not be removed: ${explainError(error)}`]
  }
}

async function prepareToolbox(session: Session): Promise<Toolbox> {
  const { docker, ui, runId } = session
  const image = await prepareToolboxImage({ docker, log: ui.log, env: ui.env, signal: ui.signal })
  // How to see on any kernel what is done on one that lacks a mechanism.
  const avoid = [...parseAvoid(ui.env[TOOLBOX_AVOID_VARIABLE])]
  return createToolbox({ docker, image, runId, log: ui.log, avoid })
}

async function startStack(session: Session, ledger: Ledger): Promise<StackUnderTest> {
  const { descriptor, docker, runId, request, ui } = session
  return bringUp({
    ...stackHooks(session),
    descriptor,
    docker,
    runId,
    stateDir: ledger.folder,
    exec: createSpawnExec(),
    env: session.env,
    defects: request.defects,
    toxiproxyAt: (url) => createToxiproxy(url),
    log: ui.log,
    signal: ui.signal,
  })
}

async function experiment(session: Session, stack: StackUnderTest, toolbox: Toolbox, ledger: Ledger): Promise<Ran> {
  const { request, ui, runId, docker, repeatCommand } = session
  const observer = await toolbox.start(
    {
      name: `chaos-${runId}-observer`,
      attachTo: { network: stack.network },
      pid: 'own',
      capabilities: [],
      ttlMs: OBSERVER_TTL_MS,
    },
    ui.signal,
  )
  const deps: EngineDeps = {
    clock: systemClock,
    random: seededRandom(session.seed),
    log: ui.log,
    emit: session.emit,
    ledger,
    faults: faultRegistry(),
    probes: probeRegistry(),
    canary: canaryPort,
    load: null,
    stack,
    containers: stack.containers,
    toolbox,
    toxiproxy: () => currentToxiproxy(stack, docker),
    artifacts: fileArtifacts(request.outDir, session.redaction.text),
    runId,
    observer: () => observer,
  }
  const options: EngineOptions = {
    profile: request.profile,
    noInject: request.noInject,
    after: { count: session.patterns.length, plannedMs: plannedLoadMs(session.patterns, request.profile) },
    repeatCommand,
  }
  const suite: LoadSuite = {
    ...{ request, docker, stack, runId, observer, artifacts: deps.artifacts, emit: session.emit, env: session.env },
    ...{ log: ui.log, folder: ledger.folder, repeatCommand, before: session.scenarios.length, redaction: session.redaction },
  }
  const chaos = await scenariosUnderLoad(session, suite, { deps, options }, ui.signal)
  const { patterns } = session
  if (patterns.length === 0 || isAborted(ui.signal)) return chaos
  const load = await runLoadSuite(suite, patterns, ui.signal)
  return { scenarios: chaos.scenarios, load: [...chaos.load, ...load.results], reasons: [...chaos.reasons, ...load.reasons] }
}

/** null only when the container is really gone: one that is merely silent must make the revert fail. */
async function currentToxiproxy(stack: StackUnderTest, docker: DockerClient): Promise<ReturnType<StackUnderTest['toxiproxy']>> {
  const service = stack.descriptor.toxiproxy?.service
  if (service === undefined) return null
  await docker.ping()
  const containers = await stack.containers.list(service, AbortSignal.timeout(5_000))
  return containers.length === 0 ? null : stack.toxiproxy()
}

async function tearDown(session: Session, stack: StackUnderTest | null): Promise<string[]> {
  try {
    // On a signal of its own: a cancelled run tears down too.
    const signal = AbortSignal.timeout(DOWN_LIMIT_MS)
    if (stack === null) return []
    if (session.request.keepStack && !session.ui.signal.aborted) {
      session.ui.log.log('warn', `the stack is kept: remove it with \`chaos-action cleanup --run ${session.runId}\``)
      await stack.leave(signal)
      // Whoever interrupts at this moment is told that it is taken down.
      if (!isAborted(session.ui.signal)) return []
    }
    await step(session, 'taking down the stack', () => stack.down(signal))
    return []
  } catch (error) {
    return [explainError(error)]
  }
}

async function step<T>(session: Session, name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = systemClock.nowMs()
  session.emit({ type: 'step-started', step: name })
  try {
    return await work()
  } finally {
    session.emit({ type: 'step-ended', step: name, durationMs: Math.round(systemClock.nowMs() - startedMs) })
  }
}

function resultOf(
  session: Session,
  stack: StackUnderTest | null,
  facts: RunFacts,
  outcome: Pick<RunResult, 'scenarios' | 'load'>,
  reasons: string[],
): RunResult {
  const { request, descriptor, runId } = session
  const images = stack === null ? [] : [...stack.images]
  const result = buildRunResult(
    facts,
    {
      id: runId,
      profile: request.profile,
      stack: descriptor.name,
      address: null,
      images,
      reference: images.length === 0 ? descriptor.reference : judgesOnlyReference(descriptor, images),
      noInject: request.noInject,
      plannedMs: plannedRunMs(session, request),
    },
    outcome,
    reasons,
    systemClock.nowMs(),
  )
  return session.redaction.object(result)
}

/** Of all that was chosen. */
export function plannedRunMs({ scenarios, patterns, underLoad }: Omit<Plan, 'descriptor'>, { profile }: RunRequest): number {
  const heldMs = underLoad === null ? 0 : HELD_OVERHEAD_MS
  return plannedMs(scenarios, profile) + heldMs + plannedLoadMs(patterns, profile)
}

/** True when every service that the descriptor can be given an image for runs the built-in one. */
function judgesOnlyReference(descriptor: Descriptor, images: RunResult['run']['images']): boolean {
  const swappable = new Set(descriptor.images.map((image) => image.service))
  const targets = images.filter((image) => swappable.has(image.service))
  return descriptor.reference && targets.length > 0 && targets.every((image) => image.reference)
}
