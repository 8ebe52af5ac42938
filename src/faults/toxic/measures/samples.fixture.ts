import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'

/** Samples for tests: answered after `totalMs`. */
export function ok(totalMs: number, closeMs: number | null = 1): HttpProbeSample {
  return { totalMs, connectMs: 1, closeMs, status: 200, bytes: 120, error: null }
}

/** Not answered; `connected` says whether the proxy accepted the connection. */
export function failed(error: string, connected = true): HttpProbeSample {
  return { totalMs: null, connectMs: connected ? 1 : null, closeMs: null, status: null, bytes: 0, error }
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

export function moved(bytes: number, lastByteMs: number, rest: Partial<TransferResult> = {}): TransferResult {
  return { bytes, firstByteMs: 1, lastByteMs, chunks: 1, medianGapMs: null, end: 'complete', ...rest }
}
