/** What the arguments of several operations are made of. */
import * as z from 'zod'

export const port = z.int().min(1).max(65_535)
export const timeoutMs = z.int().min(1).max(120_000)
/** Where a probe connects to, as seen from the helper's network namespace. */
export const target = z.strictObject({ host: z.string().min(1).max(253), port })
export type Endpoint = z.output<typeof target>

export const method = z.string().regex(/^[A-Z]{1,20}$/, 'is not an HTTP method')
export const path = z.string().min(1).max(2_048)
export const headers = z.record(z.string().max(200), z.string().max(4_096))
const MOST_BODY_CHARACTERS = 1024 * 1024
export const body = z.string().max(MOST_BODY_CHARACTERS).nullable()
export const request = z.strictObject({ method, path, headers, body })
export type SentRequest = z.output<typeof request>

/** The end of a leg that the helper is at. */
export const side = z.enum(['client', 'server'])

export const none = z.strictObject({})
/** Names what one call began and later ones ask about. */
export const group = z.string().min(1).max(100)

export const containerId = z.string().regex(/^[0-9a-f]{12,64}$/, 'is not the id of a container')
export const pid = z.int().min(1).max(4_194_304)
/** A process in the host's pid namespace, and the container that it must belong to: pids are used again. */
export const processRef = z.strictObject({ pid, containerId })
export type ProcessRef = z.output<typeof processRef>

const MOST_BYTES = 2 ** 45
export const bytes = z.int().min(1).max(MOST_BYTES)
export const fillLimitMs = z.int().min(1).max(120_000)

interface Amount {
  readonly percent: number | null
  readonly bytes: number | null
}

/** One of the two ways to say how much. */
export const percentOrBytes = [
  ({ percent, bytes: amount }: Amount): boolean => (percent === null) !== (amount === null),
  'takes percent or bytes, not both and not none',
] as const
