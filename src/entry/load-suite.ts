/** Wires k6, the stack and the series together for the load patterns of a run. */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { explainError } from '../core/errors.ts'
import type { K6Port } from '../core/k6.ts'
import type { LoadPattern } from '../core/load.ts'
import type { LoadResult } from '../core/model.ts'
import type { ArtifactPort, Logger, ToolboxHelper } from '../core/ports.ts'
import type { RunEvent } from '../core/run-event.ts'
import { HOST_FLOORS, HostGuard } from '../engine/host-guard.ts'
import type { LoadDeps, LoadOptions } from '../load/load-deps.ts'
import { runPatterns, withoutQuotas } from '../load/run-patterns.ts'
import { childEnv } from '../runtime/child-env.ts'
import type { DockerClient } from '../runtime/docker-client.ts'
import { daemonCpus } from '../runtime/host.ts'
import { ensurePresent } from '../runtime/images.ts'
import { createK6 } from '../runtime/k6.ts'
import { containerLauncher } from '../runtime/k6-container.ts'
import { hostLauncher } from '../runtime/k6-host.ts'
import type { StackUnderTest } from '../runtime/running-stack.ts'
import { createSpawnExec } from '../runtime/spawn-exec.ts'
import type { RunRequest } from './run-request.ts'

const K6_IMAGE = 'grafana/k6:2.2.0'

export interface LoadSuite {
  readonly docker: DockerClient
  readonly stack: StackUnderTest
  readonly observer: ToolboxHelper
  readonly artifacts: ArtifactPort
  readonly runId: string
  /** The run's own folder, gone with it. */
  readonly folder: string
  readonly request: RunRequest
  /** Scenarios that came before. */
  readonly before: number
  readonly repeatCommand: (id: string) => string
  readonly emit: (event: RunEvent) => void
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

/** After the scenarios, as it has all of the machine to itself. Never throws: why patterns were not run is among the reasons. */
export async function runLoadSuite(
  suite: LoadSuite,
  patterns: readonly LoadPattern[],
  signal: AbortSignal,
): Promise<{ results: LoadResult[]; reasons: string[] }> {
  const { request, docker, repeatCommand } = suite
  const options: LoadOptions = {
    profile: request.profile,
    before: suite.before,
    isRehearsal: request.noInject,
    thresholds: request.load.thresholds,
    model: request.load.model,
    segment: null,
    repeatCommand,
  }
  try {
    const deps = await loadDeps(suite, signal)
    const cores = await daemonCpus(docker, signal)
    return await withoutQuotas(deps, cores, signal, () => runPatterns(deps, options, patterns, signal))
  } catch (error) {
    return { results: [], reasons: [`the load patterns were not run: ${explainError(error)}`] }
  }
}

async function loadDeps(suite: LoadSuite, signal: AbortSignal): Promise<LoadDeps> {
  const { stack, observer, log, emit, artifacts, runId } = suite
  return {
    ...{ clock: systemClock, log, emit, stack, artifacts, runId },
    k6: await openK6(suite, signal),
    observer: () => observer,
    folderFor: async (id) => {
      const folder = join(suite.folder, 'load', id)
      await mkdir(folder, { recursive: true })
      return folder
    },
    hashOf: async (file) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    guard: (guardSignal) => HostGuard.start({ clock: systemClock, observer, floors: HOST_FLOORS, signal: guardSignal }),
  }
}

/** CHAOS_K6_IMAGE names another image. @throws IMAGE_MISSING. */
async function openK6({ docker, stack, runId, request, env, log }: LoadSuite, signal: AbortSignal): Promise<K6Port> {
  const exec = createSpawnExec()
  const { k6Path } = request.load
  if (k6Path !== null) return createK6(hostLauncher({ exec, file: k6Path, entryUrl: stack.entryUrl }), exec)
  const image = env['CHAOS_K6_IMAGE'] ?? K6_IMAGE
  await ensurePresent(image, { exec, docker, log, env: childEnv(env), signal })
  const { service, port } = stack.descriptor.entry
  const entryUrl = `http://${service}:${String(port)}`
  return createK6(containerLauncher({ docker, image, runId, network: stack.network, entryUrl }), exec)
}
