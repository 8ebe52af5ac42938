import { latencyMs } from '../core/canary.ts'
import type { CanaryExpectation } from '../core/expectations.ts'
import type { Probe } from '../core/ports.ts'
import { interquartileRange } from '../core/statistics.ts'
import { canaryText, judgeCanary } from './canary-judgement.ts'

/** Judges the canary over the planned fault window, once every request of it has its outcome. */
export const canaryExpectation: Probe<CanaryExpectation> = {
  kind: 'canary',
  text: canaryText,
  async observe(spec, _baseline, ctx) {
    const window = ctx.window()
    const endMs = window.startedMs + window.plannedMs
    await window.planned
    ctx.signal.throwIfAborted()
    const samples = await ctx.canary.samples(window.startedMs, endMs)
    const { steady } = ctx.canary
    const before = {
      steadyP50Ms: steady.p50Ms,
      steadySpreadMs: interquartileRange(steady.samples.filter(({ ok }) => ok).map(latencyMs)),
    }
    return judgeCanary(spec, { samples, windowEndMs: endMs, ...before, delayMs: ctx.canaryDelayMs })
  },
}
