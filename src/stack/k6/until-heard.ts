/** Short commands in a container, whose output Docker may lose. */
import { ChaosError } from '../../core/errors.ts'
import type { ExecResult } from '../../ports/exec.ts'

/** One in some hundreds is lost on a machine that is busy. */
const ATTEMPTS = 3

/**
 * Asks until k6 says what it always says: what it was asked for, or, when it fails, why.
 *
 * Docker may close the pipes of a container that ends as soon as it has started before it has opened them itself (its own log has
 * "stream copy error: reading from a closed fifo"; moby#41378). What was said is lost, to the container's log and to whoever is
 * attached alike, and nothing tells it from silence. Asking k6 changes nothing, so it is asked three times at most.
 *
 * @throws DOCKER_UNAVAILABLE when it was silent each time.
 */
export async function untilHeard(ask: () => Promise<ExecResult>): Promise<ExecResult> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask()
    if ((answer.exitCode === 0 ? answer.stdout : answer.stdout + answer.stderr) !== '') return answer
    if (attempt === ATTEMPTS)
      throw new ChaosError(
        'DOCKER_UNAVAILABLE',
        `k6 ended with ${answer.exitCode}, and Docker kept nothing of what it said, ${ATTEMPTS} times`,
        {
          hint: 'Look into the log of the Docker daemon for "reading from a closed fifo", or name a k6 of this machine with --k6-path.',
        },
      )
  }
}
