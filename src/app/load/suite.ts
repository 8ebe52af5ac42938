/** The load patterns of a run, against the stack that the scenarios ran on. */
import { explainError } from '../../core/errors.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { LoadDeps, LoadOptions, LoadTarget } from '../../load/deps.ts'
import { holdLoad, type RunningHeldLoad } from '../../load/run/hold.ts'
import { runPatterns } from '../../load/run/in-turn.ts'
import { daemonCpus } from '../../stack/docker/host.ts'
import type { StackUnderTest } from '../../stack/running-stack.ts'
import { wireLoad, type LoadWiring } from './wiring.ts'
import type { RunRequest } from '../run/request.ts'

const RESTORE_LIMIT_MS = 10_000

export interface LoadSuite extends Pick<
  LoadWiring,
  'docker' | 'artifacts' | 'redaction' | 'runId' | 'folder' | 'emit' | 'log' | 'env'
> {
  readonly stack: StackUnderTest
  readonly observer: ToolboxHelper
  readonly request: RunRequest
  /** Scenarios that came before. */
  readonly before: number
  readonly repeatCommand: (id: string) => string
}

/** After the scenarios, as it has all of the machine to itself. Never throws: why patterns were not run is among the reasons. */
export async function runLoadSuite(
  suite: LoadSuite,
  patterns: readonly LoadPattern[],
  signal: AbortSignal,
): Promise<{ results: LoadResult[]; reasons: string[] }> {
  const { docker, stack } = suite
  try {
    const deps = await loadDeps(suite, signal)
    const cores = await daemonCpus(docker, signal)
    return await withoutQuotas(stack, cores, signal, () => runPatterns(deps, optionsOf(suite), patterns, signal))
  } catch (error) {
    return { results: [], reasons: [`the load patterns were not run: ${explainError(error)}`] }
  }
}

/**
 * A load that holds while the scenarios run. CPU quotas stay: they are what faults of CPU use up, and what keeps room for
 * who looks on. @throws when it does not come up.
 */
export async function holdForScenarios(
  suite: LoadSuite,
  pattern: LoadPattern,
  longestMs: number,
  signal: AbortSignal,
): Promise<RunningHeldLoad> {
  return holdLoad(await loadDeps(suite, signal), optionsOf(suite), pattern, longestMs, signal)
}

function optionsOf({ request, before, repeatCommand }: LoadSuite): LoadOptions {
  return {
    ...{ profile: request.profile, before, isRehearsal: request.noInject, repeatCommand },
    ...{ thresholds: request.load.thresholds, model: request.load.model, segment: null, startWallMs: null },
  }
}

function loadDeps(suite: LoadSuite, signal: AbortSignal): Promise<LoadDeps> {
  const { request, stack, observer } = suite
  const { service, port } = stack.descriptor.entry
  return wireLoad(
    {
      ...suite,
      target: targetOf(stack, observer),
      reach: { hostUrl: stack.entryUrl, containerUrl: `http://${service}:${port}`, network: stack.network },
      machine: (inner) => observer.call('host.read', {}, inner),
      k6Path: request.load.k6Path,
    },
    signal,
  )
}

function targetOf(stack: StackUnderTest, observer: ToolboxHelper): LoadTarget {
  const port = stack.completed(observer)
  const claim = stack.descriptor.completed?.claim
  return {
    variables: stack.variables,
    completed: port === null || claim === undefined ? null : { port, claim },
    unhealthy: (signal) => stack.unhealthy(signal),
    recreate: (signal) => stack.recreate(signal),
  }
}

/** For load the services get all cores: their quotas are there to leave room for who looks on, and would be what is measured. */
async function withoutQuotas<T>(stack: StackUnderTest, cores: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const restore = await stack.liftCpuQuotas(cores, signal)
  try {
    return await work()
  } finally {
    await restore(AbortSignal.timeout(RESTORE_LIMIT_MS))
  }
}
