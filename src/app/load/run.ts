/** Load patterns against an address, without a stack of ours: whole, or as one of several generators. */
import { mkdir } from 'node:fs/promises'
import { instantOf, systemClock } from '../../core/time/clock.ts'
import { isoTime, msBetween, type Wall } from '../../core/time/moment.ts'
import { ChaosError, explainError } from '../../core/errors.ts'
import type { K6Segment } from '../../core/segment.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { ProfileName } from '../../core/model.ts'
import type { LoadResult } from '../../core/result/load.ts'
import { Redaction } from '../../redaction/redaction.ts'
import { secretValuesOf } from '../../redaction/secret-names.ts'
import { EXIT_CODES } from '../../core/verdict.ts'
import { Ledger } from '../../engine/undo/ledger.ts'
import { buildRunResult } from '../../engine/run-result.ts'
import type { LoadDeps, LoadOptions } from '../../load/deps.ts'
import { plannedLoadMs } from '../../load/plan/planned.ts'
import { runPatterns } from '../../load/run/in-turn.ts'
import { runSegment, type MeasuredPart } from '../../load/run/pattern-run.ts'
import { fanOut } from '../../report/fan-out.ts'
import { silentAddress } from './address.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { readHostFacts } from '../../toolbox/proc/host-facts.ts'
import { fileArtifacts } from '../files.ts'
import { wireLoad } from './wiring.ts'
import { redactedUi } from '../run/redacted-ui.ts'
import { reportResult } from '../run/report-result.ts'
import type { LoadRequest } from '../run/request.ts'
import type { RunUi } from '../run/ui.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { TOOL_VERSION } from '../version.ts'

export interface AddressLoadRequest {
  /** As `parseAddress` gives it. */
  readonly address: string
  readonly patterns: readonly LoadPattern[]
  readonly profile: ProfileName
  readonly load: LoadRequest
  /** For the script's `__ENV`; their values are starred out of all that is written. */
  readonly variables: Readonly<Record<string, string>>
  readonly outDir: string
  readonly stateDir: string
  /** The action needs it beforehand, for its post step. */
  readonly runId: string
  readonly repeatCommand: (id: string) => string
}

export type LoadSession = Readonly<Awaited<ReturnType<typeof openSession>>>

/** Measured and judged. Never throws for what went wrong with the load: that is its result. */
export async function runAddressLoad(request: AddressLoadRequest, plainUi: RunUi): Promise<RunOutcome> {
  const session = await openSession(request, plainUi)
  const { ui, redaction, reporters } = session
  const started = instantOf(systemClock)
  const plannedMs = plannedLoadMs(request.patterns, request.profile)
  const { profile, address, patterns, runId } = request
  reporters.onEvent({ type: 'run-started', runId, plannedMs, scenarios: patterns.length, seed: null, profile, stack: address })
  let found: { results: LoadResult[]; reasons: string[] }
  try {
    await refuseSilence(request, ui)
    found = await withDeps(session, (deps) => runPatterns(deps, optionsOf(request), patterns, ui.signal))
  } catch (error) {
    found = { results: [], reasons: [`the load patterns were not run: ${explainError(error)}`] }
  }
  const result = buildRunResult(
    { version: TOOL_VERSION, seed: null, strict: false, defects: [], environment: {}, startedWallMs: started.atWallMs },
    { id: runId, profile, stack: address, stacks: 0, address, images: [], reference: false, noInject: false, plannedMs },
    { scenarios: [], load: found.results },
    found.reasons,
    msBetween(started.atMs, systemClock.nowMs()),
  )
  reporters.onEvent({ type: 'run-ended', verdict: result.verdict, durationMs: result.run.durationMs })
  const reported = await reportResult(redaction.object(result), reporters, ui.reporters)
  return { result: redaction.object(reported), exitCode: EXIT_CODES[reported.verdict] }
}

/** Measured only, for `merge`. @throws when it could not be, or nothing was sent. */
export async function runAddressSegment(
  request: AddressLoadRequest,
  segment: K6Segment,
  startWallMs: Wall | null,
  plainUi: RunUi,
): Promise<MeasuredPart> {
  const pattern = onlyPattern(request)
  const session = await openSession(request, plainUi)
  await refuseSilence(request, session.ui)
  const options = { ...optionsOf(request), segment, startWallMs }
  return withDeps(session, (deps) => runSegment(deps, options, pattern, session.ui.signal))
}

export async function openSession(request: AddressLoadRequest, plainUi: RunUi) {
  await mkdir(request.outDir, { recursive: true })
  // Variables for the script are secret as far as anybody knows.
  const redaction = new Redaction([...Object.values(request.variables), ...secretValuesOf(plainUi.env)])
  const ui = redactedUi(plainUi, redaction)
  return { request, ui, redaction, reporters: fanOut(ui.reporters) }
}

/** @throws BAD_INPUT for several. */
export function onlyPattern({ patterns }: AddressLoadRequest): LoadPattern {
  const [pattern, another] = patterns
  if (pattern !== undefined && another === undefined) return pattern
  throw new ChaosError('BAD_INPUT', `several generators run one pattern, and ${patterns.length} are chosen`, {
    hint: 'Name it with --only: generators stay together for the length of one pattern.',
  })
}

async function refuseSilence({ address }: AddressLoadRequest, { signal }: RunUi): Promise<void> {
  const silent = await silentAddress(address, signal)
  if (silent !== null) throw new ChaosError('LOAD_FAILED', silent)
}

/** What is left of a run that dies is found by its lease, as that of any other. */
export async function withDeps<T>(
  { request, ui, redaction, reporters }: LoadSession,
  work: (deps: LoadDeps) => Promise<T>,
): Promise<T> {
  const { address, variables, load, outDir, stateDir, runId } = request
  const ledger = await Ledger.hold(stateDir, runId, isoTime(systemClock.wallMs()))
  const measure = async (): Promise<T> => {
    const deps = await wireLoad(
      {
        docker: createDockerClient(),
        target: { variables, completed: null, unhealthy: (signal) => silentAddress(address, signal), recreate: null },
        // An address of this machine is the same in its container.
        reach: { hostUrl: address, containerUrl: address, network: 'host' },
        machine: () => readHostFacts(),
        artifacts: fileArtifacts(outDir, redaction.text),
        emit: (event) => {
          reporters.onEvent(event)
        },
        ...{ redaction, runId, folder: ledger.folder, k6Path: load.k6Path, log: ui.log, env: ui.env },
      },
      ui.signal,
    )
    return await work(deps)
  }
  const done = await measure().catch(async (error: unknown) => {
    // The first thing that went wrong is what is told.
    await ledger.release().catch((also: unknown) => {
      ui.log.log('warn', `the run's folder ${ledger.folder} could not be removed: ${explainError(also)}`)
    })
    throw error
  })
  await ledger.release()
  return done
}

export function optionsOf({ profile, load, repeatCommand }: AddressLoadRequest): LoadOptions {
  return {
    ...{ profile, before: 0, isRehearsal: false, thresholds: load.thresholds, model: load.model, repeatCommand },
    ...{ segment: null, startWallMs: null },
  }
}
