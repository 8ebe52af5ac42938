/**
 * A kind of request as its folder defines it: a schema of what stands under `requests` in a stack's descriptor, from which its
 * type and the published schema are derived, and how it is sent.
 */
import type * as z from 'zod'
import type { HttpRequest, OnceRequest, RequestOutcome, SendOptions, StackRequest } from '../core/request.ts'

export interface RequestTerms<Schema extends z.ZodObject> {
  /** Never changed. */
  readonly kind: string
  /** How messages call the protocol. */
  readonly protocol: string
  /** Its keys; that of another kind must not fit it. */
  readonly schema: Schema
  /** What it sends, where that is HTTP. */
  http?(spec: z.output<Schema>): HttpRequest
  /** As of `StackRequest`. */
  readonly httpOnce?: (spec: z.output<Schema>) => OnceRequest
  /** As of `StackRequest`. */
  asksFor(spec: z.output<Schema>): StackRequest['asksFor']
  /** As of `StackRequest`. */
  speaks(baseUrl: string, signal: AbortSignal): Promise<void>
  /** Called once for each request of a descriptor: what it keeps between two sendings stays in the closure. */
  sender(spec: z.output<Schema>): (options: SendOptions) => Promise<RequestOutcome>
}

export interface DefinedRequest<Spec = unknown> {
  readonly kind: string
  /** From the entry in the descriptor to the request. */
  readonly entry: z.ZodType<StackRequest>
  request(spec: Spec): StackRequest
}

export function defineRequest<Schema extends z.ZodObject>(terms: RequestTerms<Schema>): DefinedRequest<z.output<Schema>> {
  const { kind, protocol, httpOnce } = terms
  const request = (spec: z.output<Schema>): StackRequest => {
    return {
      ...{ kind, spec, protocol, http: terms.http?.(spec) ?? null, asksFor: terms.asksFor(spec) },
      httpOnce: httpOnce === undefined ? null : () => httpOnce(spec),
      speaks: (baseUrl, signal) => terms.speaks(baseUrl, signal),
      send: terms.sender(spec),
    }
  }
  return { kind, entry: terms.schema.transform(request), request }
}
