import type { LogExpectation } from '../core/expectations.ts'
import type { Probe } from '../core/ports.ts'
import { faultBeganWallMs, faultIsOver, plannedEnd } from './fault-phase.ts'
import { judgeLog, logText } from './log-judgement.ts'
import { readServiceLog } from './service-log.ts'

/** Counts JSON log lines of a service from the beginning of the fault to the window's end, or until now once it is over. */
export const logExpectation: Probe<LogExpectation> = {
  kind: 'log',
  text: logText,
  async observe(spec, _baseline, ctx) {
    const over = faultIsOver(ctx)
    await plannedEnd(ctx)
    const endWallMs = ctx.injectedAtWallMs + ctx.window().plannedMs
    const window = { sinceWallMs: faultBeganWallMs(ctx), untilWallMs: over ? ctx.clock.wallMs() : endWallMs }
    return judgeLog(spec, await readServiceLog(spec.service, ctx, window))
  },
}
