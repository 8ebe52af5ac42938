/** Wires k6, a target and the files of a run together for load patterns. */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/time/clock.ts'
import type { K6Port } from '../../ports/k6.ts'
import type { ArtifactPort } from '../../ports/files.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { Redaction } from '../../redaction/redaction.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { HOST_FLOORS, HostGuard } from '../../engine/watch/host-guard.ts'
import type { LoadDeps, LoadTarget } from '../../load/deps.ts'
import { childEnv } from '../../stack/programs/child-env.ts'
import type { DockerClient } from '../../stack/docker/client.ts'
import { ensurePresent } from '../../stack/images/images.ts'
import { containerLauncher } from '../../stack/k6/container.ts'
import { hostLauncher } from '../../stack/k6/host.ts'
import { createK6 } from '../../stack/k6/k6.ts'
import { createSpawnExec } from '../../stack/programs/spawn-exec.ts'
import type { HostFacts } from '../../toolbox/operations/resources/host.ts'
import { openScratchFile } from '../files.ts'
import { redactedK6 } from './redacted-k6.ts'

const K6_IMAGE = 'grafana/k6:2.2.0'

export interface LoadWiring {
  readonly docker: DockerClient
  readonly target: LoadTarget
  /** Where it is for a k6 of this machine, and for one in a container on that network. */
  readonly reach: { readonly hostUrl: string; readonly containerUrl: string; readonly network: string }
  readonly machine: (signal: AbortSignal) => Promise<HostFacts>
  readonly artifacts: ArtifactPort
  readonly redaction: Redaction
  readonly runId: string
  /** The run's own folder, gone with it. */
  readonly folder: string
  /** A k6 of this machine; null runs it in a container. */
  readonly k6Path: string | null
  readonly emit: (event: RunEvent) => void
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

/** @throws IMAGE_MISSING when there is no k6 to run. */
export async function wireLoad(wiring: LoadWiring, signal: AbortSignal): Promise<LoadDeps> {
  const { target, machine, artifacts, runId, emit, log } = wiring
  return {
    ...{ clock: systemClock, log, emit, target, machine, artifacts, runId },
    k6: redactedK6(await openK6(wiring, signal), wiring.redaction),
    folderFor: async (id) => {
      const folder = join(wiring.folder, 'load', id)
      await mkdir(folder, { recursive: true })
      return folder
    },
    scratch: (name) => openScratchFile(join(wiring.folder, 'load', `${name}.seconds`)),
    hashOf: async (file) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    guard: (guardSignal) => HostGuard.start({ clock: systemClock, read: machine, floors: HOST_FLOORS, signal: guardSignal }),
  }
}

/** CHAOS_K6_IMAGE names another image. */
async function openK6({ docker, reach, runId, k6Path, env, log }: LoadWiring, signal: AbortSignal): Promise<K6Port> {
  const exec = createSpawnExec()
  if (k6Path !== null) return createK6(hostLauncher({ exec, file: k6Path, entryUrl: reach.hostUrl }), exec, workspaceOf(env))
  const image = env['CHAOS_K6_IMAGE'] ?? K6_IMAGE
  await ensurePresent(image, { exec, docker, log, env: childEnv(env), signal })
  const { network, containerUrl: entryUrl } = reach
  return createK6(containerLauncher({ docker, image, runId, network, entryUrl }), exec, workspaceOf(env))
}

/** The repository that a job has checked out; on a laptop the folder that we were called in. */
function workspaceOf(env: LoadWiring['env']): string {
  return env['GITHUB_WORKSPACE'] || process.cwd()
}
