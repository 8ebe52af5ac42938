/** What the daemon is asked to do with a container of the run. */
import type Dockerode from 'dockerode'
import { ChaosError, assertNever, describeError } from '../../core/errors.ts'
import type { ContainerAction } from '../../ports/docker.ts'
import { dockerCall, dockerStatus, orGone } from './call.ts'

/** A stop waits for its grace, then for the kill. */
const SLACK_MS = 10_000
const MOST_FREEZES = 3
const CANNOT_FREEZE = /unable to freeze/

export interface ActionTarget {
  readonly id: string
  /** null when it is gone, or belongs to someone else. */
  readonly info: Dockerode.ContainerInspectInfo | null
  readonly runId: string
}

/** @throws TARGET_NOT_FOUND when there is no such container of the run; one that is to be removed may be gone. */
export async function actOn(
  docker: Dockerode,
  target: ActionTarget,
  action: ContainerAction,
  signal: AbortSignal,
): Promise<void> {
  const { id, info, runId } = target
  if (info === null) {
    if (action.do === 'remove') return
    throw new ChaosError('TARGET_NOT_FOUND', `the run ${runId} has no container ${id} (any more)`)
  }
  const container = docker.getContainer(info.Id)
  const limitMs = action.do === 'stop' ? action.graceSeconds * 1_000 + SLACK_MS : undefined
  const call = dockerCall(`${action.do} ${info.Name}`, signal, (abortSignal) => perform(container, action, abortSignal), limitMs)
  try {
    await (action.do === 'remove' ? orGone(call) : call)
  } catch (error) {
    if (!isSoAlready(error, action, info)) throw error
  }
}

async function perform(container: Dockerode.Container, action: ContainerAction, abortSignal: AbortSignal): Promise<unknown> {
  switch (action.do) {
    case 'kill':
      return container.kill({ signal: action.signal, abortSignal })
    case 'stop':
      return container.stop({ t: action.graceSeconds, abortSignal })
    case 'start':
      return container.start({ abortSignal })
    case 'pause':
      return pause(container, abortSignal)
    case 'unpause':
      return container.unpause({ abortSignal })
    case 'restart':
      return container.restart({ t: 0, abortSignal })
    case 'remove':
      return container.remove({ force: true, v: true, abortSignal })
    default:
      return assertNever(action, 'container action')
  }
}

/**
 * The freezer of cgroup v1 cannot freeze a container while a process in it is just being forked, as by its health check on a
 * busy machine: runc thaws it again and says so. Nothing has happened then.
 */
async function pause(container: Dockerode.Container, abortSignal: AbortSignal): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await container.pause({ abortSignal })
    } catch (error) {
      if (attempt === MOST_FREEZES || !CANNOT_FREEZE.test(describeError(error))) throw error
    }
  }
}

/** 304: stopped or started already. 409 comes for many reasons; here only for a pause state that is as wanted. */
function isSoAlready(error: unknown, action: ContainerAction, info: Dockerode.ContainerInspectInfo): boolean {
  const status = dockerStatus(error)
  if (status === 304) return true
  if (status !== 409 && status !== 500) return false
  return (action.do === 'pause' && info.State.Paused) || (action.do === 'unpause' && !info.State.Paused)
}
