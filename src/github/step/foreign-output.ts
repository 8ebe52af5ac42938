/** Output that holds foreign text (logs, names, bodies) must not be able to issue workflow commands. */
import { randomUUID } from 'node:crypto'

/**
 * Runs `work` with the runner's command processing stopped. Nothing of ours may issue a command meanwhile; what `work`
 * returns is for afterwards. The token is random: text that was written before the run cannot know it.
 */
export async function withCommandsStopped<T>(
  work: () => Promise<T>,
  write = (text: string): unknown => process.stdout.write(text),
): Promise<T> {
  const token = randomUUID()
  write(`::stop-commands::${token}\n`)
  try {
    return await work()
  } finally {
    // On a line of its own even when the last output did not end its line.
    write(`\n::${token}::\n`)
  }
}
