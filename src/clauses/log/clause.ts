import type { ClauseContext } from '../../kinds/context.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import type { LogLine } from '../../ports/docker.ts'
import { faultBeganWallMs, faultIsOver, plannedEnd, windowEndWallMs } from '../shared/fault-phase.ts'
import { readServiceLog } from '../shared/service-log.ts'
import { askLines, textQuery } from '../shared/text-lines.ts'
import { countJson, judgeLog, logText, type Counted } from './judge.ts'
import { logSpec } from './spec.ts'

/** Counts log lines of a service from the beginning of the fault to the window's end, or until now once it is over. */
export const logClause = defineClause({
  key: 'log',
  schema: logSpec,
  text: logText,
  async observe(spec, ctx) {
    const over = faultIsOver(ctx)
    await plannedEnd(ctx)
    const window = { sinceWallMs: faultBeganWallMs(ctx), untilWallMs: over ? ctx.clock.wallMs() : windowEndWallMs(ctx) }
    const log = await readServiceLog(spec.service, ctx, window)
    const { line_regex: pattern } = spec
    return judgeLog(spec, log, pattern === undefined ? countJson(spec, log.lines) : await countText(pattern, log.lines, ctx))
  },
})

async function countText(pattern: string, lines: readonly LogLine[], ctx: ClauseContext): Promise<Counted> {
  const query = textQuery(pattern)
  const matched = await askLines('log', lines, ({ text }) => query(text) !== null, ctx)
  return { count: matched.filter(Boolean).length, readable: lines.length }
}
