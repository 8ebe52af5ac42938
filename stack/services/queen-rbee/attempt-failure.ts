import { errorCode, errorText } from '../shared/failure.ts'

/**
 * Why an attempt failed. `reset`: the peer answered with RST. `closed`: it ended the connection before the answer was
 * whole. `busy`: it answered, with a status that asks to come again.
 */
export type FailureReason = 'timeout' | 'connect' | 'reset' | 'closed' | 'busy' | 'protocol' | 'cancelled'

export class AttemptFailure extends Error {
  readonly reason: FailureReason

  constructor(reason: FailureReason, message: string) {
    super(message)
    this.name = 'AttemptFailure'
    this.reason = reason
  }
}

const REASON_BY_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed',
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ETIMEDOUT: 'connect',
  ENOTFOUND: 'connect',
  EAI_AGAIN: 'connect',
  EMFILE: 'connect',
}

export function toAttemptFailure(error: unknown): AttemptFailure {
  if (error instanceof AttemptFailure) return error
  const code = errorCode(error)
  return new AttemptFailure(REASON_BY_CODE[code] ?? 'protocol', code === '' ? errorText(error) : `${code}: ${errorText(error)}`)
}
