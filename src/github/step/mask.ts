import { setSecret } from '@actions/core'

/** The runner knows its own token; one that was made otherwise is starred out of the log from here on. */
export function maskToken(token: string): void {
  if (token !== '') setSecret(token)
}
