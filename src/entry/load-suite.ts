/** The load patterns of a run, against the stack that the scenarios ran on. */
import { explainError } from '../core/errors.ts'
import type { LoadPattern } from '../core/load.ts'
import type { LoadResult } from '../core/model.ts'
import type { ToolboxHelper } from '../core/ports.ts'
import type { LoadOptions } from '../load/load-deps.ts'
import type { LoadTarget } from '../load/load-target.ts'
import { runPatterns } from '../load/run-patterns.ts'
import { daemonCpus } from '../runtime/host.ts'
import type { StackUnderTest } from '../runtime/running-stack.ts'
import { wireLoad, type LoadWiring } from './load-wiring.ts'
import type { RunRequest } from './run-request.ts'

const RESTORE_LIMIT_MS = 10_000

export interface LoadSuite extends Pick<LoadWiring, 'docker' | 'artifacts' | 'runId' | 'folder' | 'emit' | 'log' | 'env'> {
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
  const { request, docker, stack, observer, before, repeatCommand } = suite
  const options: LoadOptions = {
    ...{ profile: request.profile, before, isRehearsal: request.noInject, repeatCommand },
    ...{ thresholds: request.load.thresholds, model: request.load.model, segment: null, startWallMs: null },
  }
  const { service, port } = stack.descriptor.entry
  try {
    const deps = await wireLoad(
      {
        ...suite,
        target: targetOf(stack, observer),
        reach: { hostUrl: stack.entryUrl, containerUrl: `http://${service}:${String(port)}`, network: stack.network },
        machine: (inner) => observer.call('host.read', {}, inner),
        k6Path: request.load.k6Path,
      },
      signal,
    )
    const cores = await daemonCpus(docker, signal)
    return await withoutQuotas(stack, cores, signal, () => runPatterns(deps, options, patterns, signal))
  } catch (error) {
    return { results: [], reasons: [`the load patterns were not run: ${explainError(error)}`] }
  }
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
