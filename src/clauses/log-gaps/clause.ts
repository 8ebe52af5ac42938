import { defineClause } from '../../kinds/define-clause.ts'
import { plannedEnd } from '../shared/fault-phase.ts'
import { readServiceLog } from '../shared/service-log.ts'
import { attemptsIn } from './attempts.ts'
import { gapsText, judgeGaps } from './judge.ts'
import { logGapsSpec } from './spec.ts'

/** Growing pauses between attempts, by the time of the log lines: what a service says of its own waits plays no part. */
export const logGapsClause = defineClause({
  key: 'log_gaps',
  schema: logGapsSpec,
  text: gapsText,
  async observe(spec, ctx) {
    await plannedEnd(ctx)
    const window = { sinceWallMs: ctx.injectedAtWallMs, untilWallMs: ctx.clock.wallMs() }
    const { lines } = await readServiceLog(spec.service, ctx, window)
    return judgeGaps(spec, lines, await attemptsIn(spec, lines, ctx))
  },
})
