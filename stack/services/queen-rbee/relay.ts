/** Passes a body on to the client while it arrives. What is cut upstream is cut for the client too, never ended as if whole. */
import type { ServerResponse } from 'node:http'
import type { BodyFlow, BodySink, Headers } from './attempt.ts'
import type { BodyPolicy } from './policy.ts'

/** Headers of the upstream's answer that mean something to the client. */
const PASSED_HEADERS = ['content-type', 'cache-control', 'x-worker-id'] as const

export interface RelayEvents {
  /** Called once, when the client has it all or has been cut off. */
  done(outcome: 'whole' | 'cut', reason: string | null): void
}

/** Writes the head at once: from here on the client's status is decided. */
export function relayBody(
  response: ServerResponse,
  head: { status: number; upstream: Headers; own: Readonly<Record<string, string>> },
  policy: BodyPolicy,
  flow: BodyFlow,
  events: RelayEvents,
): BodySink {
  response.writeHead(head.status, { ...passedHeaders(head.upstream), ...head.own })
  const end = (): void => {
    clear()
    response.end()
    events.done('whole', null)
  }
  const cut = (reason: string): void => {
    clear()
    response.destroy()
    events.done('cut', reason)
  }
  let passedBytes = 0
  const idle = setTimeout(() => {
    // A client that takes nothing is not an upstream that sends nothing.
    if (response.writableNeedDrain || passedBytes < policy.idleFromBytes) {
      idle.refresh()
      return
    }
    if (policy.whenIdle === 'end') end()
    flow.abort(new Error(`nothing came for ${policy.idleMs} ms`))
  }, policy.idleMs)
  const total =
    policy.totalMs === null
      ? null
      : setTimeout(() => {
          flow.abort(new Error(`the body took longer than ${String(policy.totalMs)} ms`))
        }, policy.totalMs)
  const onDrain = (): void => {
    flow.resume()
  }
  const clear = (): void => {
    clearTimeout(idle)
    if (total !== null) clearTimeout(total)
    response.off('drain', onDrain)
  }
  response.on('drain', onDrain)
  return {
    data: (chunk) => {
      idle.refresh()
      passedBytes += chunk.length
      return response.write(chunk)
    },
    end,
    cut: (error) => {
      if (!response.writableEnded) cut(error.message)
    },
  }
}

export function passedHeaders(upstream: Headers): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of PASSED_HEADERS) {
    const value = upstream[name]
    if (typeof value === 'string') found[name] = value
  }
  return found
}
