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
