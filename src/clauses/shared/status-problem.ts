import type { StackRequest } from '../../core/request.ts'

/** Why statuses cannot be asked of this request; null when they can, and for one that there is not, which is told elsewhere. */
export function statusProblem(name: string, request: StackRequest | undefined): string | null {
  if (request === undefined || request.http !== null) return null
  return `asks for HTTP statuses, and the request "${name}" is one of ${request.protocol}, which has none`
}
