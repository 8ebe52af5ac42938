/** What one sending of a request that varies is made of. Pure, but for the nonce. */
import { randomUUID } from 'node:crypto'
import type { Json } from '../../core/json.ts'
import type { HttpRequest, OnceRequest } from '../../core/request.ts'
import { fillKnown, fillRecord } from '../../core/variables.ts'
import { asksFor, jobAskedFor } from './job.ts'
import type { HttpRequestSpec } from './spec.ts'

/** What stands for `${NAME}` in one sending. */
export interface Turn {
  /** By which it is told whether the same was asked before: what takes turns, without number and nonce. */
  readonly key: string
  readonly values: Readonly<Record<string, string>>
}

export function turnOf({ vary }: Pick<HttpRequestSpec, 'vary'>, n: number, nonce: string = randomUUID()): Turn {
  const turns = Object.entries(vary).map(([name, list]) => [name, list[n % list.length] ?? ''] as const)
  return { key: JSON.stringify(turns), values: { ...Object.fromEntries(turns), n: String(n), nonce } }
}

export interface FilledRequest {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | null
}

/** @throws BAD_INPUT for a variable in a header that nobody knows. */
export function filled(spec: HttpRequestSpec, turn: Turn, variables: Readonly<Record<string, string>>): FilledRequest {
  const json = filledBody(spec, turn)
  return {
    path: filledPath(spec, turn),
    headers: fillRecord(spec.headers, { ...variables, ...turn.values }),
    body: json === null ? null : JSON.stringify(json),
  }
}

function filledPath({ path }: Pick<HttpRequestSpec, 'path'>, { values }: Turn): string {
  const encoded = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value)]))
  return fillKnown(path, encoded)
}

function filledBody({ body }: Pick<HttpRequestSpec, 'body'>, { values }: Turn): Json {
  return filledJson(body, values)
}

/** In its texts. */
function filledJson(body: Json, values: Readonly<Record<string, string>>): Json {
  if (typeof body === 'string') return fillKnown(body, values)
  if (typeof body !== 'object' || body === null) return body
  if (isList(body)) return body.map((item) => filledJson(item, values))
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, filledJson(value, values)]))
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * For who sends the same bytes again and again: the first turn, without headers that only one sending can have, as a
 * system may take requests of one id for one.
 */
export function plainRequest(spec: HttpRequestSpec): HttpRequest {
  const turn = turnOf(spec, 0)
  const ofOne = turnOf({ vary: {} }, 0).values
  const isOfOne = (value: string): boolean => value !== fillKnown(value, ofOne)
  const headers = Object.fromEntries(
    Object.entries(spec.headers).flatMap(([name, value]) => (isOfOne(value) ? [] : [[name, fillKnown(value, turn.values)]])),
  )
  return toSend(spec, turn, headers)
}

/** For who sends it once: the first turn, with a nonce of its own. Variables of the run stay as they are. */
export function onceRequest(spec: HttpRequestSpec): OnceRequest {
  const turn = turnOf(spec, 0)
  const headers = Object.fromEntries(Object.entries(spec.headers).map(([name, value]) => [name, fillKnown(value, turn.values)]))
  return { request: toSend(spec, turn, headers), job: jobAskedFor(spec, turn) }
}

function toSend(spec: HttpRequestSpec, turn: Turn, headers: HttpRequest['headers']): HttpRequest {
  return {
    ...{ method: spec.method, path: filledPath(spec, turn), headers, body: filledBody(spec, turn) },
    ...(spec.at === null ? {} : { at: spec.at }),
    ...(asksFor(spec) === 'nothing' ? { asksFor: 'nothing' } : {}),
  }
}
