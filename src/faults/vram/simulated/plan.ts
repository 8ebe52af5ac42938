/** GPU memory that is simulated: what is needed to take it, and to give it back. */
import * as z from 'zod'
import type { VramSpecOfStack } from '../../../core/descriptor.ts'
import { ChaosError } from '../../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { httpOf, type HttpRequest } from '../../../core/request.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import { helperName } from '../../shared/names.ts'
import { listOf } from '../../shared/plan-schema.ts'
import { runningTargets } from '../../shared/containers/targets.ts'
import type { VramSpec } from '../means.ts'

export const simulatedVramPlan = z.strictObject({
  means: z.literal('simulated'),
  target: z.string(),
  percent: z.number(),
  /** Names of the containers, for people. */
  containers: listOf(z.string()),
  /** On the stack's network: sends the requests, which end with it. */
  helper: z.string(),
  /** Why no GPU is involved. */
  noGpu: z.string(),
})
export type SimulatedVramPlan = Readonly<z.infer<typeof simulatedVramPlan>>

/** `noGpu` is why it comes to this. @throws BAD_INPUT where the stack's request for it has no size to choose. */
export async function resolveSimulatedVram(
  { target, percent }: VramSpec,
  noGpu: string,
  ctx: FaultContext,
): Promise<SimulatedVramPlan> {
  requestOf(specOf(ctx), ctx)
  const running = await runningTargets(target, ctx)
  return {
    ...{ means: 'simulated', target, percent, containers: running.map(({ name }) => name) },
    ...{ helper: helperName(ctx, 'vram'), noGpu },
  }
}

export function specOf({ stack: { descriptor } }: FaultContext): VramSpecOfStack {
  if (descriptor.vram !== null) return descriptor.vram
  throw new ChaosError('INTERNAL', 'GPU memory was to be simulated for a stack that does not say how')
}

/** @throws BAD_INPUT unless its body has a number at the size key. */
export function requestOf(
  { request: name, sizeKey }: VramSpecOfStack,
  { stack: { descriptor } }: FaultContext,
): Omit<HttpRequest, 'body'> & { readonly body: JsonObject } {
  const named = Object.hasOwn(descriptor.requests, name) ? descriptor.requests[name] : undefined
  const request = named === undefined ? undefined : httpOf(name, named, 'simulated GPU memory')
  const body = request?.body
  if (request !== undefined && isJsonObject(body) && typeof body[sizeKey] === 'number') return { ...request, body }
  throw new ChaosError(
    'BAD_INPUT',
    `the request '${name}' has no body with a number under '${sizeKey}', whose size could be chosen`,
    { hint: `Check vram.request and vram.size_key in ${descriptor.file}.` },
  )
}

export function simulatedMechanism({ percent, target, noGpu }: SimulatedVramPlan): string {
  return `simulated: ordinary long requests hold ${percent} % of the GPU memory that ${target} declares, by its own metrics; no GPU is involved: ${noGpu}`
}
