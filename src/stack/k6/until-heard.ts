/** Short commands in a container, whose output Docker may lose. */
import type { ExecResult } from '../../ports/exec.ts'

/** One in some hundreds is lost on a machine that is busy. */
const ATTEMPTS = 3

/**
 * Asks until something is said, three times at most; the last answer then, as it is.
 *
 * Docker may close the pipes of a container that ends as soon as it has started before it has opened them itself (its own log has
 * "stream copy error: reading from a closed fifo"; moby#41378). What was said is lost, to the container's log and to whoever is
 * attached alike, and nothing tells it from silence. k6 is silent in no short command, and asking it changes nothing.
 */
export async function untilHeard(ask: () => Promise<ExecResult>): Promise<ExecResult> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask()
    if (attempt === ATTEMPTS || answer.stdout !== '' || answer.stderr !== '') return answer
  }
}
