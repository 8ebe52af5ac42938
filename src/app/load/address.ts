/** A system that somebody else runs, known by its address alone. */
import { ChaosError, describeError } from '../../core/errors.ts'

const ANSWER_LIMIT_MS = 5_000

/** Without a slash at its end, as scripts put their paths behind it. @throws BAD_INPUT for what is no address of a web server. */
export function parseAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new ChaosError('BAD_INPUT', `${text} is no address: one such as http://127.0.0.1:8080 is expected`)
  if (url.username !== '' || url.password !== '')
    throw new ChaosError('BAD_INPUT', 'the address holds a password, which would stand in reports', {
      hint: 'Give it to the script as a variable: --variable NAME takes its value from the environment.',
    })
  if (url.search !== '' || url.hash !== '')
    throw new ChaosError('BAD_INPUT', `${text} ends in a query or a fragment, and scripts put their own paths behind it`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Any answer will do, whatever its status: paths and tokens are the script's affair. @returns null, or why there was none. */
export async function silentAddress(address: string, signal: AbortSignal): Promise<string | null> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS)
  try {
    const response = await fetch(address, { redirect: 'manual', signal: AbortSignal.any([signal, limit]) })
    await response.body?.cancel()
    return null
  } catch (error) {
    signal.throwIfAborted()
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return `${address} gives no answer: ${limit.aborted ? `none within ${ANSWER_LIMIT_MS / 1_000} s` : describeError(cause, 200)}`
  }
}
