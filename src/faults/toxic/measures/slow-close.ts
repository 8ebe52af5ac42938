import { median, roundOrNull } from '../../../core/statistics.ts'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import { signedMs, type Judgement } from '../../shared/evidence.ts'
import { sendBurst, withinWindow } from '../../shared/access.ts'
import { attributeOf, type Measure } from './measure.ts'
import { answered, BASELINE_BURST, weakBaseline } from '../../shared/samples.ts'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'

/** slow_close: the end of the connection comes later than the end of the answer. Only the way down can be seen from outside. */
export const measureSlowClose: Measure = async (on, ctx) => {
  const delayMs = attributeOf(on, 'delay')
  const share = on.streams.includes('downstream') ? on.toxicity : 0
  const baseline = await sendBurst(ctx.observer, on.access, BASELINE_BURST, ctx.signal)
  return async (during) => {
    const timeoutMs = withinWindow(during, delayMs + 1_000)
    const burst = { count: connectionsFor(expectedShare(on.toxicity, 1), 8), intervalMs: 20, timeoutMs }
    const samples = await sendBurst(during.observer, on.access, burst, during.signal)
    return judgeSlowClose({ delayMs, timeoutMs, share }, baseline, samples)
  }
}

/** Pure. A connection that did not close within `timeoutMs` counts as closed then: a lower bound. */
export function judgeSlowClose(
  spec: { readonly delayMs: number; readonly timeoutMs: number; readonly share: number },
  before: readonly HttpProbeSample[],
  during: readonly HttpProbeSample[],
): Judgement {
  const baselineMs = median(closings(before, 2_000))
  const added = closings(during, spec.timeoutMs).map((closeMs) => closeMs - baselineMs)
  const hit = added.filter((value) => value >= 0.7 * spec.delayMs)
  const reasons = [
    weakBaseline(before),
    spec.share === 0 ? `slow_close on the way up cannot be seen by a client; use 'downstream' or 'both'` : null,
    baselineMs > 0.3 * spec.delayMs ? `connections took ${signedMs(baselineMs)} to close before the fault already` : null,
    answered(during) < 0.8 * during.length ? `only ${answered(during)} of ${during.length} probes were answered` : null,
    spec.share === 0 ? null : shareMisfit(hit.length, added.length, spec.share),
  ].filter((reason) => reason !== null)
  return {
    headline: `closing took ${signedMs(median(hit.length > 0 ? hit : added))} on ${hit.length} of ${added.length} connections`,
    measures: {
      baselineCloseMedianMs: roundOrNull(baselineMs, 1),
      addedCloseMedianMs: roundOrNull(median(added), 1),
      expectedAddedMs: spec.delayMs,
      samplesCount: during.length,
      hitCount: hit.length,
    },
    reasons,
  }
}

function closings(samples: readonly HttpProbeSample[], limitMs: number): number[] {
  return samples.filter((sample) => sample.status !== null).map((sample) => sample.closeMs ?? limitMs)
}
