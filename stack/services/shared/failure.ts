/** An answer that is not 2xx, with a stable code. `retryAfterS` becomes the Retry-After header. */
export class ServiceError extends Error {
  readonly status: number
  readonly code: string
  readonly retryAfterS: number | null

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null) {
    super(message)
    this.name = 'ServiceError'
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

/** 503: not now, ask again. */
export function unavailable(code: string, message: string): ServiceError {
  return new ServiceError(503, code, message, 1)
}

export function errorBody(code: string, message: string): string {
  return JSON.stringify({ error: { code, message } })
}

/** Node's code of anything thrown (`ECONNRESET`), or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
