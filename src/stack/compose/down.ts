/** Takes the stacks of another process down, known by their labels alone. */
import type Dockerode from 'dockerode'
import { ChaosError } from '../../core/errors.ts'
import type { ExecPort } from '../../ports/exec.ts'
import type { Logger } from '../../ports/reporter.ts'
import { dockerEnv } from '../docker/env.ts'
import { stackContainers } from '../docker/containers.ts'
import { COMPOSE_PROJECT_LABEL, isProjectOf } from '../docker/labels.ts'

const STOP_TIMEOUT_SECONDS = 5
const DOWN_LIMIT_MS = 30_000

export interface ComposeDownOptions {
  readonly docker: Dockerode
  readonly exec: ExecPort
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
}

/**
 * Lets compose stop the services of all stacks of a run in their order, as far as labels tell it. No compose file is read: it may be gone, and it
 * may be another one by now. @throws COMPOSE_FAILED; what is left is then for the sweep by label.
 */
export async function composeDown(options: ComposeDownOptions, runId: string, signal: AbortSignal): Promise<void> {
  const containers = await stackContainers(options.docker, { runId }, [], signal)
  const projects = new Set(containers.map(({ Labels }) => Labels[COMPOSE_PROJECT_LABEL] ?? ''))
  const own = [...projects].filter((project) => isProjectOf(project, runId))
  await Promise.all(own.map((project) => projectDown(options, project, signal)))
}

async function projectDown({ exec, env, log }: ComposeDownOptions, project: string, signal: AbortSignal): Promise<void> {
  const argv = ['compose', '--ansi', 'never', '--progress', 'plain', '--project-name', project]
  const how = ['down', '--volumes', '--remove-orphans', '--timeout', String(STOP_TIMEOUT_SECONDS)]
  const result = await exec.run('docker', [...argv, ...how], {
    env: await dockerEnv({ source: env, composeFiles: [], secrets: [], add: {} }),
    // Compose takes a file of this folder, or of one above it, for the project's.
    cwd: '/',
    limitMs: DOWN_LIMIT_MS,
    signal,
    onLine: (_stream, line) => {
      if (line.trim() !== '') log.log('debug', `compose: ${line}`)
    },
  })
  if (result.exitCode === 0) return
  const said = result.stderr.trim().slice(-500)
  throw new ChaosError('COMPOSE_FAILED', `\`docker compose down\` ended with exit code ${result.exitCode}: ${said}`)
}
