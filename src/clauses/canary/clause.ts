import { latencyMs, type CanarySample } from '../../core/canary.ts'
import { interquartileRange, median } from '../../core/statistics.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { plannedEnd, windowEndMs } from '../shared/fault-phase.ts'
import { canaryText, judgeCanary } from './judge.ts'
import { statusProblem } from '../shared/requests.ts'
import { canarySpec } from './spec.ts'

/** Judges the canary over the planned fault window, once every request of it has its outcome. */
export const canaryClause = defineClause({
  key: 'canary',
  schema: canarySpec,
  text: canaryText,
  lacks({ requests, canary }, { request, answers }) {
    if (request !== undefined && !canary.requests.includes(request))
      return `the canary does not send the request "${request}"; it sends ${canary.requests.join(', ')}`
    if (answers === undefined) return null
    const asked = request === undefined ? canary.requests : [request]
    return asked.map((name) => statusProblem(name, requests[name])).find((problem) => problem !== null) ?? null
  },
  async observe(spec, ctx) {
    const windowEnd = windowEndMs(ctx)
    await plannedEnd(ctx)
    const samples = await ctx.canary.samples(ctx.window().startedMs, windowEnd)
    const { steady } = ctx.canary
    const names = new Set(ctx.stack.descriptor.canary.requests)
    const kinds = [...names].map((name) => [name, baseline(steady.samples.filter(({ request }) => request === name))] as const)
    return judgeCanary(spec, {
      ...{ samples, windowEndMs: windowEnd, delayMs: ctx.canaryDelayMs, ...baseline(steady.samples) },
      kinds: new Map(names.size > 1 ? kinds : []),
    })
  },
})

function baseline(steady: readonly CanarySample[]): { readonly steadyP50Ms: number; readonly steadySpreadMs: number } {
  const latencies = steady.filter(({ ok }) => ok).map(latencyMs)
  return { steadyP50Ms: median(latencies), steadySpreadMs: interquartileRange(latencies) }
}
