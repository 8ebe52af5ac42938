import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { systemErrorCode } from '../../core/errors.ts'
import type { Endpoint } from '../operations/arguments.ts'

/**
 * Resolves the name before any clock of a probe starts: what is measured is the wire, not the resolver.
 * @throws Error whose `code` is what a probe reports; also after `limitMs`, as the resolver itself cannot be cancelled.
 */
export async function resolveTarget(target: Endpoint, limitMs: number): Promise<Endpoint> {
  if (isIP(target.host) !== 0) return target
  const failed = (code: string): Error => Object.assign(new Error(`could not resolve ${target.host}: ${code}`), { code })
  const expired = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    expired.reject(failed('timeout'))
  }, limitMs)
  try {
    const { address } = await Promise.race([lookup(target.host), expired.promise])
    return { host: address, port: target.port }
  } catch (error) {
    throw failed(errorCode(error))
  } finally {
    clearTimeout(timer)
  }
}

/** A TCP connection to a resolved address, each write of which leaves at once. */
export function openSocket(address: Endpoint): Socket {
  return connect({ host: address.host, port: address.port, noDelay: true })
}

/** Node's code of an error (ECONNRESET), or its name where there is none. */
export function errorCode(error: unknown): string {
  return systemErrorCode(error) ?? (error instanceof Error ? error.name : 'unknown')
}
