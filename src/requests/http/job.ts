/** Which job a request asks for. Pure. */
import type { StackRequest } from '../../core/request.ts'
import { fillKnown } from '../../core/variables.ts'
import type { HttpRequestSpec } from './spec.ts'
import type { Turn } from './turn.ts'

type JobSpec = Pick<HttpRequestSpec, 'method' | 'job' | 'refused' | 'good'>

/** By themselves they ask for nothing to be done (RFC 9110, 9.2.1). */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'] satisfies HttpRequestSpec['method'][]

export function asksFor(spec: JobSpec): StackRequest['asksFor'] {
  if (SAFE_METHODS.includes(spec.method) && spec.job === null && spec.refused === null) return 'nothing'
  return templateOf(spec) === null ? 'job' : 'named job'
}

/** The id that the request gives its job, as the system is to tell it again; null where it gives none. */
export function jobAskedFor(spec: JobSpec, { values }: Turn): string | null {
  const template = templateOf(spec)
  return template === null ? null : fillKnown(template, values)
}

function templateOf({ refused, job, good: { echoes } }: JobSpec): string | null {
  if (refused !== null) return refused.job
  return job !== null && Object.hasOwn(echoes, job) ? (echoes[job] ?? null) : null
}
