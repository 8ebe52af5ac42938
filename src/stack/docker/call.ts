/** One bounded call to the Docker daemon, with its failures said in our words. */
import type Dockerode from 'dockerode'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import { withDeadline } from '../../core/time/wait.ts'

const CALL_LIMIT_MS = 15_000
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EPERM', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT'])

/**
 * Runs one call of dockerode. A daemon that is gone, or that takes the connection and never answers, ends as an error.
 * @throws DOCKER_UNAVAILABLE, TIMEOUT, ABORTED; the daemon's own error otherwise, with its statusCode.
 */
export async function dockerCall<T>(
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  limitMs = CALL_LIMIT_MS,
): Promise<T> {
  try {
    return await withDeadline(`docker: ${name}`, limitMs, signal, work)
  } catch (error) {
    throw isChaosError(error) ? error : (unreachable(error) ?? error)
  }
}

function unreachable(error: unknown): ChaosError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!UNREACHABLE.has(code)) return null
  const where = process.env['DOCKER_HOST'] ?? '/var/run/docker.sock'
  return new ChaosError('DOCKER_UNAVAILABLE', `the Docker daemon at ${where} cannot be reached (${code})`, {
    hint:
      code === 'EACCES' || code === 'EPERM'
        ? 'Let this user use Docker (group `docker`), or set DOCKER_HOST to a daemon it may use.'
        : 'Start Docker, or set DOCKER_HOST to a daemon that runs.',
    cause: error,
  })
}

/** The HTTP status with which the daemon refused; null for any other error. */
export function dockerStatus(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null
}

/** The call's value, or null when the daemon says that the object does not exist. */
export async function orGone<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (dockerStatus(error) === 404) return null
    throw error
  }
}

/** By id or name, whosever it is; null when it is gone. */
export function inspectContainer(
  docker: Dockerode,
  id: string,
  signal: AbortSignal,
): Promise<Dockerode.ContainerInspectInfo | null> {
  return orGone(dockerCall(`inspect ${id}`, signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal })))
}

/** null when it is not on this machine. */
export function inspectImage(docker: Dockerode, image: string, signal: AbortSignal): Promise<Dockerode.ImageInspectInfo | null> {
  return orGone(dockerCall(`inspect image ${image}`, signal, () => docker.getImage(image).inspect()))
}
