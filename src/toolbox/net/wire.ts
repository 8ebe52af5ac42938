import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { Endpoint } from '../operations/arguments.ts'

/** Thrown when a name could not be resolved; `code` is what a probe reports. */
class ResolveError extends Error {
  readonly code: string

  constructor(host: string, code: string) {
    super(`could not resolve ${host}: ${code}`)
    this.name = 'ResolveError'
    this.code = code
  }
}

/**
 * Resolves the name before any clock of a probe starts: what is measured is the wire, not the resolver.
 * @throws ResolveError also after `limitMs`, as the resolver itself cannot be cancelled.
 */
export async function resolveTarget(target: Endpoint, limitMs: number): Promise<Endpoint> {
  if (isIP(target.host) !== 0) return target
  const limit = new AbortController()
  const expired = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new ResolveError(target.host, 'timeout'))
    }, limitMs)
    limit.signal.addEventListener('abort', () => {
      clearTimeout(timer)
    })
  })
  try {
    const { address } = await Promise.race([lookup(target.host), expired])
    return { host: address, port: target.port }
  } catch (error) {
    throw error instanceof ResolveError ? error : new ResolveError(target.host, errorCode(error))
  } finally {
    limit.abort()
  }
}

/** A TCP connection to a resolved address, each write of which leaves at once. */
export function openSocket(address: Endpoint): Socket {
  return connect({ host: address.host, port: address.port, noDelay: true })
}

/** Node's code of an error (ECONNRESET), or its name where there is none. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
