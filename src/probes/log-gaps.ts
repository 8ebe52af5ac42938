import type { LogGapsExpectation } from '../core/expectations.ts'
import type { Probe } from '../core/ports.ts'
import { gapsText, judgeGaps } from './log-gaps-judgement.ts'
import { readServiceLog } from './service-log.ts'

/** Growing pauses between attempts, by the time of the log lines: what a service says of its own waits plays no part. */
export const logGapsExpectation: Probe<LogGapsExpectation> = {
  kind: 'log_gaps',
  text: gapsText,
  async observe(spec, _baseline, ctx) {
    await ctx.window().planned
    ctx.signal.throwIfAborted()
    const window = { sinceWallMs: ctx.injectedAtWallMs, untilWallMs: ctx.clock.wallMs() }
    const { lines } = await readServiceLog(spec.service, ctx, window)
    return judgeGaps(spec, lines)
  },
}
