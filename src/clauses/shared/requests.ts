import { ChaosError } from '../../core/errors.ts'
import type { StackRequest } from '../../core/request.ts'
import type { ClauseContext } from '../../kinds/context.ts'

/** One of the descriptor's requests. @throws TARGET_NOT_FOUND listing the names that the descriptor has. */
export function namedRequest(wanted: string, ctx: ClauseContext): StackRequest {
  const { requests, name } = ctx.stack.descriptor
  const request = Object.hasOwn(requests, wanted) ? requests[wanted] : undefined
  if (request) return request
  const known = Object.keys(requests).join(', ') || 'none'
  throw new ChaosError('TARGET_NOT_FOUND', `the stack '${name}' has no request '${wanted}'; it has: ${known}`)
}

/** Why statuses cannot be asked of this request; null when they can, and for one that there is not, which is told elsewhere. */
export function statusProblem(name: string, request: StackRequest | undefined): string | null {
  if (request === undefined || request.http !== null) return null
  return `asks for HTTP statuses, and the request "${name}" is one of ${request.protocol}, which has none`
}
