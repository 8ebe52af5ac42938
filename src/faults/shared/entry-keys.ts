/** Keys that entries of several faults have, and what their values mean. */
import * as z from 'zod'
import { serviceName, shaped, wrong } from '../../kinds/schema-kit.ts'

/** How many containers of the target are hit: a number, or a share that is rounded up. null is one. */
export type Count = { readonly number: number } | { readonly percent: number }

/** The part of a spec that says so. */
export interface Counted {
  readonly count: Count | null
}

const PERCENT = /^(?:100|[1-9]\d?)%$/

function wrongCount(issue: { readonly input?: unknown }): string {
  return wrong(issue.input, 'a share such as "50%" (1 to 100), or a whole number of containers from 1 to 1000')
}

export const countSchema = z
  .union(
    [z.string().regex(PERCENT, { error: wrongCount }), z.int().min(1, { error: wrongCount }).max(1_000, { error: wrongCount })],
    { error: wrongCount },
  )
  .meta({ description: 'How many containers are hit at once: a number, or a share that is rounded up; one where it is left out' })

export function toCount(count: z.output<typeof countSchema> | undefined): Count | null {
  if (count === undefined) return null
  return typeof count === 'number' ? { number: count } : { percent: percentOf(count) }
}

/** What makes an entry one that uses up a resource. */
export const RESOURCE = { group: 'resource', key: 'resource', way: 'resource + target + threshold' } as const

export const resourceTarget = serviceName('The service whose resource it is')

/** `"95%"`: how far a resource is used up. */
export const shareSchema = shaped(PERCENT, 'a share such as "95%" (1 to 100)', 'How far it is used up')

/** 95 of `"95%"`. */
export function percentOf(share: string): number {
  return Number(share.slice(0, -1))
}
