import { latencyMs } from '../../core/canary.ts'
import { interquartileRange } from '../../core/statistics.ts'
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
  lacks: ({ requests, canary }, { answers }) =>
    answers === undefined ? null : statusProblem(canary.request, requests[canary.request]),
  async observe(spec, ctx) {
    const windowEnd = windowEndMs(ctx)
    await plannedEnd(ctx)
    const samples = await ctx.canary.samples(ctx.window().startedMs, windowEnd)
    const { steady } = ctx.canary
    const before = {
      steadyP50Ms: steady.p50Ms,
      steadySpreadMs: interquartileRange(steady.samples.filter(({ ok }) => ok).map(latencyMs)),
    }
    return judgeCanary(spec, { samples, windowEndMs: windowEnd, ...before, delayMs: ctx.canaryDelayMs })
  },
})
