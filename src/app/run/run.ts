/** Wires stacks, engine and what it is given together for one run. Front ends call this and map its verdict to their world. */
import { randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { canaryPort } from '../../canary/canary.ts'
import { instantOf, systemClock } from '../../core/time/clock.ts'
import { isoTime, msBetween } from '../../core/time/moment.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { explainError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { seededRandom } from '../../core/random.ts'
import { Redaction } from '../../redaction/redaction.ts'
import { secretValuesOf } from '../../redaction/secret-names.ts'
import { TOOLBOX_AVOID_VARIABLE } from '../../core/toolbox.ts'
import { EXIT_CODES } from '../../core/verdict.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { RunDeps } from '../../engine/deps.ts'
import { Ledger } from '../../engine/undo/ledger.ts'
import type { EngineOptions } from '../../engine/options.ts'
import { buildRunResult, type RunFacts } from '../../engine/run-result.ts'
import { countedDockerClient } from '../../stack/docker/client.ts'
import { eventLoopLag } from './event-loop-lag.ts'
import { plannedLoadMs } from '../../load/plan/planned.ts'
import { daemonCpus, hostFacts } from '../../stack/docker/host.ts'
import { createSpawnExec } from '../../stack/programs/spawn-exec.ts'
import { secretValues } from '../../stack/variables.ts'
import { prepareStack, type PreparedStack } from '../../stack/stack.ts'
import type { ToolboxOptions } from '../../stack/helper/toolbox.ts'
import { createToxiproxy } from '../../stack/links/toxiproxy.ts'
import { fanOut } from '../../report/fan-out.ts'
import { parseAvoid } from '../../toolbox/avoid.ts'
import { fileArtifacts } from '../files.ts'
import { prepareToolboxImage } from '../images.ts'
import { runLoadSuite, type LoadSuite } from '../load/suite.ts'
import { loadPlan } from './plan.ts'
import { machinePace } from './machine-pace.ts'
import { plannedRunMs, widthFacts } from './planned.ts'
import { redactedUi } from './redacted-ui.ts'
import type { RunUi } from './ui.ts'
import { reportResult } from './report-result.ts'
import { repeatCommandFor } from '../repeat-command.ts'
import type { RunRequest } from './request.ts'
import { RunStacks, type RunStack } from './stacks.ts'
import { newRunId, type RunOutcome } from './outcome.ts'
import { scenariosUnderLoad, type Ran } from './scenarios-under-load.ts'
import { stackHooks } from './stack-inspection.ts'
import { TOOL_VERSION } from '../version.ts'
import { possibleStacks, wantedStacks } from './width.ts'

const DOWN_LIMIT_MS = 60_000

const NOTHING: Pick<RunResult, 'scenarios' | 'load'> = { scenarios: [], load: [] }

type Session = Readonly<ReturnType<typeof openSession>>

/** @throws BAD_INPUT before anything is started; everything later is a result whose verdict says what went wrong. */
export async function runChaos(request: RunRequest, plainUi: RunUi): Promise<RunOutcome> {
  const session = openSession(request, plainUi)
  const { ui, redaction, reporters, scenarios, patterns, descriptor } = session
  await mkdir(request.outDir, { recursive: true })
  reporters.onEvent({
    type: 'run-started',
    runId: session.runId,
    plannedMs: session.plannedMs,
    scenarios: scenarios.length + patterns.length,
    seed: session.seed,
    profile: request.profile,
    stack: descriptor.name,
  })
  const result = await execute(session)
  reporters.onEvent({ type: 'run-ended', verdict: result.verdict, durationMs: result.run.durationMs })
  const reported = await reportResult(result, reporters, ui.reporters)
  return { result: redaction.object(reported), exitCode: EXIT_CODES[reported.verdict] }
}

function openSession(request: RunRequest, plainUi: RunUi) {
  const plan = loadPlan(request)
  const { descriptor } = plan
  const plannedMs = plannedRunMs(plan, request)
  const started = instantOf(systemClock)
  const seed = request.seed ?? randomInt(1, 2 ** 31)
  const { strict, defects } = request
  const facts: RunFacts = { version: TOOL_VERSION, seed, strict, defects, environment: {}, startedWallMs: started.atWallMs }
  const secrets = secretValues(descriptor, plainUi.env)
  const names = [descriptor.name, ...descriptor.services.map(({ name }) => name)]
  const redaction = new Redaction([...Object.values(secrets), ...secretValuesOf(plainUi.env, names)])
  const ui = redactedUi(plainUi, redaction)
  const reporters = fanOut(ui.reporters)
  return {
    ...plan,
    ...{ request, ui, reporters, redaction, seed, facts, plannedMs, startedMs: started.atMs },
    /** The user's environment with the stack's secrets, drawn where it has none. */
    env: { ...ui.env, ...secrets },
    runId: request.runId ?? newRunId(),
    docker: countedDockerClient(),
    emit: (event: RunEvent): void => {
      reporters.onEvent(event)
    },
    repeatCommand: repeatCommandFor(request, seed, descriptor.file),
  }
}

async function execute(session: Session): Promise<RunResult> {
  const { request, runId, facts, ui } = session
  let ledger: Ledger
  try {
    ledger = await Ledger.hold(request.stateDir, runId, isoTime(facts.startedWallMs))
  } catch (error) {
    return resultOf(session, [], facts, NOTHING, [`the run's folder could not be made: ${explainError(error)}`])
  }
  let stacks: RunStacks | null = null
  let outcome: Ran = { ...NOTHING, reasons: [] }
  let environment: Record<string, Json> = {}
  let callsOfExperiment = 0
  try {
    const { prepared, toolbox } = await prepare(session)
    environment = await hostFacts(session.docker, prepared.composeVersion, ui.signal)
    const width = await widthOf(session, prepared)
    const made = new RunStacks({ prepared, toolbox, docker: session.docker, runId, folder: ledger.folder, log: ui.log })
    stacks = made
    const name = width === 1 ? 'bringing up the stack' : `bringing up ${width} stacks`
    await step(session, name, () => made.start(width, request.stacks === null, ui.signal))
    const before = session.docker.calls().all
    outcome = await experiment(session, made, ledger)
    callsOfExperiment = session.docker.calls().all - before
  } catch (error) {
    outcome = { ...outcome, reasons: [...outcome.reasons, explainError(error)] }
  }
  const trouble = [...(stacks === null ? [] : await tearDown(session, stacks)), ...(await released(ledger))]
  const dockerCalls = { ...session.docker.calls(), experiment: callsOfExperiment }
  const known = { ...facts, environment: { ...environment, dockerCalls } }
  return resultOf(session, stacks?.all ?? [], known, outcome, [...outcome.reasons, ...trouble])
}

/** Images of the stack and of the helpers are made ready side by side. Both are awaited: a build must not outlive the run. */
async function prepare(session: Session): Promise<{ prepared: PreparedStack; toolbox: Pick<ToolboxOptions, 'image' | 'avoid'> }> {
  const { descriptor, docker, runId, request, ui, env } = session
  const exec = createSpawnExec()
  const [image, prepared] = await Promise.allSettled([
    prepareToolboxImage({ docker, log: ui.log, env: ui.env, signal: ui.signal }),
    prepareStack({
      ...stackHooks(session),
      ...{ descriptor, docker, runId, exec, versions: ui.versions ?? exec, env, defects: request.defects },
      ...{ toxiproxyAt: (url: string) => createToxiproxy(url), log: ui.log, signal: ui.signal },
    }),
  ])
  if (prepared.status === 'rejected') throw prepared.reason
  if (image.status === 'rejected') throw image.reason
  // How to see on any kernel what is done on one that lacks a mechanism.
  const avoid = [...parseAvoid(ui.env[TOOLBOX_AVOID_VARIABLE])]
  return { prepared: prepared.value, toolbox: { image: image.value, avoid } }
}

/** How many stacks. @throws BAD_INPUT when somebody has asked for more than can be. */
async function widthOf(session: Session, prepared: PreparedStack): Promise<number> {
  const { request, docker, ui } = session
  const wanted = wantedStacks(widthFacts(session, request, await daemonCpus(docker, ui.signal)))
  if (wanted === 1) return 1
  const { count, why } = possibleStacks(wanted, request.stacks, await prepared.whyAlone(ui.signal))
  if (why !== null) ui.log.log('info', why)
  return count
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

async function experiment(session: Session, stacks: RunStacks, ledger: Ledger): Promise<Ran> {
  const { request, ui, runId, docker, repeatCommand, patterns } = session
  const artifacts = fileArtifacts(request.outDir, session.redaction.text)
  const deps: RunDeps = {
    clock: systemClock,
    random: seededRandom(session.seed),
    log: ui.log,
    emit: session.emit,
    ledger,
    canary: canaryPort,
    load: null,
    askedOfLoad: () => [],
    artifacts,
    runId,
    lag: eventLoopLag,
  }
  const options: EngineOptions = {
    profile: request.profile,
    noInject: request.noInject,
    confirm: !request.noConfirm,
    pace: machinePace(),
    keepStacks: request.keepStack,
    after: { count: patterns.length, plannedMs: plannedLoadMs(patterns, request.profile) },
    repeatCommand,
  }
  const suiteOn = ({ stack, observer }: RunStack): LoadSuite => ({
    ...{ request, docker, stack, runId, observer, artifacts, emit: session.emit, env: session.env },
    ...{ log: ui.log, folder: ledger.folder, repeatCommand, before: session.scenarios.length, redaction: session.redaction },
  })
  const chaos = await scenariosUnderLoad(session, { stacks, suiteOn, deps, options }, ui.signal)
  if (patterns.length === 0 || isAborted(ui.signal)) return chaos
  const [left] = chaos.left
  if (left === undefined)
    return { ...chaos, reasons: [...chaos.reasons, 'the load patterns were not run: no stack is left that is well'] }
  const load = await runLoadSuite(suiteOn(left), patterns, ui.signal)
  return { scenarios: chaos.scenarios, load: [...chaos.load, ...load.results], reasons: [...chaos.reasons, ...load.reasons] }
}

async function tearDown(session: Session, stacks: RunStacks): Promise<string[]> {
  // On a signal of its own: a cancelled run tears down too.
  const signal = AbortSignal.timeout(DOWN_LIMIT_MS)
  if (session.request.keepStack && !session.ui.signal.aborted) {
    session.ui.log.log('warn', `the stack is kept: remove it with \`chaos-action cleanup --run ${session.runId}\``)
    const problems = await stacks.leave(signal)
    // Whoever interrupts at this moment is told that it is taken down.
    if (!isAborted(session.ui.signal)) return problems
  }
  return step(session, 'taking down the stack', () => stacks.takeDown(signal))
}

async function step<T>(session: Session, name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = systemClock.nowMs()
  session.emit({ type: 'step-started', step: name })
  try {
    return await work()
  } finally {
    session.emit({ type: 'step-ended', step: name, durationMs: Math.round(msBetween(startedMs, systemClock.nowMs())) })
  }
}

function resultOf(
  session: Session,
  stacks: readonly RunStack[],
  facts: RunFacts,
  outcome: Pick<RunResult, 'scenarios' | 'load'>,
  reasons: string[],
): RunResult {
  const { request, descriptor, runId } = session
  const images = [...(stacks[0]?.stack.images ?? [])]
  const result = buildRunResult(
    facts,
    {
      id: runId,
      profile: request.profile,
      stack: descriptor.name,
      stacks: Math.max(1, stacks.length),
      address: null,
      images,
      reference: images.length === 0 ? descriptor.reference : judgesOnlyReference(descriptor, images),
      noInject: request.noInject,
      plannedMs: plannedRunMs(session, request, stacks.length === 0 ? undefined : stacks.length),
    },
    outcome,
    reasons,
    msBetween(session.startedMs, systemClock.nowMs()),
  )
  return session.redaction.object(result)
}

/** True when every service that the descriptor can be given an image for runs the built-in one. */
function judgesOnlyReference(descriptor: Descriptor, images: RunResult['run']['images']): boolean {
  const swappable = new Set(descriptor.images.map((image) => image.service))
  const targets = images.filter((image) => swappable.has(image.service))
  return descriptor.reference && targets.length > 0 && targets.every((image) => image.reference)
}
