/** Is the stack up, and if not, what is wrong with which container. */
import { systemClock } from '../../core/time/clock.ts'
import { describeError } from '../../core/errors.ts'
import { EPOCH, later } from '../../core/time/moment.ts'
import type Dockerode from 'dockerode'
import type { ContainerGlance, ContainerPort, ContainerState } from '../../ports/docker.ts'
import { inspectOfRun } from '../docker/containers.ts'

/** What a stack should look like. */
export interface ExpectedServices {
  /** Services that must run, with how many containers. */
  readonly required: ReadonlyMap<string, number>
  /** Services of the compose file that the descriptor leaves out: a job that has ended well is as good as a server that runs. */
  readonly others: readonly string[]
}

export interface HealthDeps {
  readonly docker: Dockerode
  readonly runId: string
  readonly containers: ContainerPort
  readonly expected: ExpectedServices
  readonly limitMs: number
}

export interface Trouble {
  readonly service: string
  readonly container: Pick<ContainerState, 'id' | 'status'> | null
  readonly text: string
  /** It will not get better by waiting. */
  readonly final: boolean
}

export async function findTrouble({ containers, expected }: HealthDeps, signal: AbortSignal): Promise<Trouble[]> {
  const all = await containers.glance(signal)
  const of = (service: string): ContainerGlance[] => all.filter((container) => container.service === service)
  const missing = [...expected.required].flatMap(([service, replicas]): Trouble[] => {
    const count = of(service).length
    if (count === replicas) return []
    return [{ service, container: null, text: `${service} has ${count} of ${replicas} containers`, final: false }]
  })
  const looks = [...expected.required.keys(), ...expected.others].flatMap((service) =>
    of(service).map((container) => lookCloser(containers, container, !expected.required.has(service), signal)),
  )
  return [...missing, ...(await Promise.all(looks)).flat()]
}

/** Only one that has ended is asked for by itself: with which code, and whether it ran out of memory. */
async function lookCloser(
  containers: ContainerPort,
  glance: ContainerGlance,
  mayHaveEnded: boolean,
  signal: AbortSignal,
): Promise<Trouble[]> {
  if (glance.status !== 'exited') return troubleOf({ ...glance, exitCode: 0, oomKilled: false }, mayHaveEnded)
  const state = await containers.inspect(glance.id, signal)
  if (state !== null) return troubleOf(state, mayHaveEnded)
  return [{ service: glance.service, container: null, text: `${glance.name} is gone`, final: false }]
}

type Ended = Pick<ContainerState, 'id' | 'name' | 'service' | 'status' | 'health' | 'exitCode' | 'oomKilled'>

/** Nothing for a container that is as it should be. Healthy where it has a health check, running where it has none. */
function troubleOf(container: Ended, mayHaveEnded: boolean): Trouble[] {
  const trouble = (text: string, final = false): Trouble[] => [
    { service: container.service, container, text: `${container.name} ${text}`, final },
  ]
  switch (container.status) {
    case 'running':
      if (container.health === null || container.health === 'healthy') return []
      return trouble(container.health === 'starting' ? 'has not passed its health check yet' : `is ${container.health}`)
    case 'exited':
      if (mayHaveEnded && container.exitCode === 0) return []
      return trouble(`exited with code ${container.exitCode}${container.oomKilled ? ' (out of memory)' : ''}`)
    case 'dead':
      return trouble('is dead', true)
    default:
      return trouble(`is ${container.status}`)
  }
}

/** One line for `unhealthy`: null when all is well. */
export function summarize(troubles: readonly Trouble[]): string | null {
  return troubles.length === 0 ? null : troubles.map((trouble) => trouble.text).join('; ')
}

const LAST_LINES = 8
const LINE_LENGTH = 300

/** The same with what the container itself says: its last health check and the end of its log. */
export async function explainTrouble(deps: HealthDeps, trouble: Trouble, signal: AbortSignal): Promise<string> {
  if (trouble.container === null) return trouble.text
  const id = trouble.container.id
  const info = await inspectOfRun(deps.docker, deps.runId, id, signal)
  const check = info?.State.Health?.Log.at(-1)
  const health = check === undefined ? [] : [`last health check: exit ${check.ExitCode}, ${oneLine(check.Output)}`]
  const startError = info === null || info.State.Error === '' ? [] : [`Docker says: ${oneLine(info.State.Error)}`]
  const log = await endOfLog(deps, id, info?.HostConfig.LogConfig?.Type ?? 'unknown', signal)
  return [trouble.text, ...[...startError, ...health, ...log].map((line) => `    ${line}`)].join('\n')
}

/** A log that Docker does not keep explains nothing, and hides nothing of the rest. */
async function endOfLog({ containers }: HealthDeps, id: string, driver: string, signal: AbortSignal): Promise<string[]> {
  const window = { sinceWallMs: EPOCH, untilWallMs: later(systemClock.wallMs(), 60_000), maxBytes: 8 * 1024 }
  try {
    const lines = (await containers.logs(id, window, signal)).slice(-LAST_LINES).map((line) => oneLine(line.text))
    return lines.length === 0 ? ['its log is empty'] : ['end of its log:', ...lines.map((line) => `  ${line}`)]
  } catch (error) {
    if (signal.aborted) throw error
    return [`its log cannot be read (logging driver ${driver}): ${oneLine(describeError(error, LINE_LENGTH))}`]
  }
}

function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  if (line === '') return '(no output)'
  return line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line
}

/** A container that exited and that Docker will not start again. */
export async function isFinal({ docker, runId }: HealthDeps, trouble: Trouble, signal: AbortSignal): Promise<boolean> {
  if (trouble.final || trouble.container?.status !== 'exited') return trouble.final
  const info = await inspectOfRun(docker, runId, trouble.container.id, signal)
  if (info?.State.Status !== 'exited') return false
  const policy = info.HostConfig.RestartPolicy?.Name ?? ''
  return policy === '' || policy === 'no' || (policy === 'on-failure' && info.State.ExitCode === 0)
}
