import { defineClause } from '../../kinds/define-clause.ts'
import { faultBeganWallMs, faultIsOver, plannedEnd, windowEndWallMs } from '../shared/fault-phase.ts'
import { readServiceLog } from '../shared/service-log.ts'
import { judgeLog, logText } from './judge.ts'
import { logSpec } from './spec.ts'

/** Counts JSON log lines of a service from the beginning of the fault to the window's end, or until now once it is over. */
export const logClause = defineClause({
  key: 'log',
  schema: logSpec,
  text: logText,
  async observe(spec, ctx) {
    const over = faultIsOver(ctx)
    await plannedEnd(ctx)
    const window = { sinceWallMs: faultBeganWallMs(ctx), untilWallMs: over ? ctx.clock.wallMs() : windowEndWallMs(ctx) }
    return judgeLog(spec, await readServiceLog(spec.service, ctx, window))
  },
})
