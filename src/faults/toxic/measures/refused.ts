import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { sendBurst, withinWindow } from '../../shared/access.ts'
import { attributeOf, type Measure } from './measure.ts'
import { answered, BASELINE_BURST, countErrors, weakBaseline } from '../../shared/samples.ts'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'

/** down: the proxy is switched off, so new connections are refused. */
export const measureDown: Measure = async (on, ctx) => {
  const baseline = await sendBurst(ctx.observer, on.access, BASELINE_BURST, ctx.signal)
  return async (during) => {
    const burst = { count: 8, intervalMs: 20, timeoutMs: withinWindow(during, 1_000) }
    return judgeErrors('ECONNREFUSED', 1, baseline, await sendBurst(during.observer, on.access, burst, during.signal))
  }
}

/** reset_peer: new connections are reset `timeout` ms after their first byte. */
export const measureResetPeer: Measure = async (on, ctx) => {
  const share = expectedShare(on.toxicity, on.streams.length)
  const baseline = await sendBurst(ctx.observer, on.access, BASELINE_BURST, ctx.signal)
  return async (during) => {
    const timeoutMs = withinWindow(during, attributeOf(on, 'timeout') * on.streams.length + 1_000)
    const burst = { count: connectionsFor(share, 8), intervalMs: 20, timeoutMs }
    return judgeErrors('ECONNRESET', share, baseline, await sendBurst(during.observer, on.access, burst, during.signal))
  }
}

/** Pure: so many of the new connections must end with exactly this error, and none of them before the fault. */
export function judgeErrors(
  error: 'ECONNREFUSED' | 'ECONNRESET',
  share: number,
  before: readonly HttpProbeSample[],
  during: readonly HttpProbeSample[],
): Judgement {
  const hit = during.filter((sample) => sample.error === error).length
  const misfit = shareMisfit(hit, during.length, share)
  const reasons = [weakBaseline(before), misfit === null ? null : `${misfit}: ${error} expected (${countErrors(during)})`]
  return {
    headline: `${hit} of ${during.length} new connections ended with ${error}`,
    measures: {
      baselineAnsweredCount: answered(before),
      samplesCount: during.length,
      [error === 'ECONNRESET' ? 'resetCount' : 'refusedCount']: hit,
      answeredCount: answered(during),
    },
    reasons: reasons.filter((reason) => reason !== null),
  }
}
