/** A download into a file that ends at a number of bytes, whoever is at the other end. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { systemClock } from '../../core/time/clock.ts'
import { ChaosError, isChaosError } from '../../core/errors.ts'

export interface BoundedDownload {
  /** A signed URL: nothing of ours is sent along. */
  readonly url: string
  readonly file: string
  readonly maxBytes: number
  /** Before the next attempt, ms. */
  readonly pauseMs: number
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

const ATTEMPTS = 3

/**
 * `sha256:` and the digest of what was written. A connection that breaks is tried again, three times in all.
 * @throws BAD_INPUT for more than `maxBytes`; what fetch throws when it cannot be reached; the signal's reason.
 */
export async function downloadBounded(download: BoundedDownload): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(download)
    } catch (error) {
      if (attempt === ATTEMPTS || download.signal.aborted || isChaosError(error)) throw error
    }
    await systemClock.sleep(download.pauseMs, download.signal)
  }
}

async function once({ url, file, maxBytes, fetch, signal }: BoundedDownload): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the storage answered ${response.status}`)
  }
  await using target = await open(file, 'w', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    // Leaving the loop ends the connection.
    if (bytes > maxBytes) throw new ChaosError('BAD_INPUT', `it has more than ${maxBytes} bytes`)
    hash.update(chunk)
    await target.appendFile(chunk)
  }
  return `sha256:${hash.digest('hex')}`
}
