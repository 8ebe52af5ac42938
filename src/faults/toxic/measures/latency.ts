import type { FaultContext } from '../../../kinds/context.ts'
import { interquartileRange, median, roundOrNull } from '../../../core/statistics.ts'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import { signedMs, type Judgement } from '../../shared/evidence.ts'
import { sendBurst, withinWindow } from '../../shared/access.ts'
import { attributeOf, type Measure, type ToxicOnLink } from './measure.ts'
import { answered, BASELINE_BURST, totals, weakBaseline } from '../../shared/samples.ts'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'

export interface LatencySpec {
  readonly latencyMs: number
  readonly jitterMs: number
  readonly streams: number
  readonly toxicity: number
}

/** latency: the answer comes later by about the toxic's latency, once per stream. */
export const measureLatency: Measure = async (on, ctx) => {
  const spec = {
    latencyMs: attributeOf(on, 'latency'),
    jitterMs: attributeOf(on, 'jitter'),
    streams: on.streams.length,
    toxicity: on.toxicity,
  }
  const baseline = await calmBaseline(spec, on, ctx)
  return async (during) => {
    const timeoutMs = withinWindow(during, (spec.latencyMs + spec.jitterMs) * spec.streams + 2_000)
    // Wide jitter needs more samples for the median to stand still.
    const steady = spec.jitterMs > spec.latencyMs / 4 ? 40 : 12
    const burst = { count: connectionsFor(expectedShare(spec.toxicity, spec.streams), steady), intervalMs: 20, timeoutMs }
    return judgeLatency(spec, baseline, await sendBurst(during.observer, on.access, burst, during.signal))
  }
}

const BASELINE_TRIES = 3
/** Of the latency. A link that is as slow without the toxic, on a busy machine say, hides what the toxic adds. */
const CALM_SHARE = 0.2

/** What the link takes without the toxic; asked for again while that is a good part of what the toxic is to add. */
async function calmBaseline(spec: LatencySpec, on: ToxicOnLink, ctx: FaultContext): Promise<readonly HttpProbeSample[]> {
  const calmMs = spec.latencyMs * spec.streams * CALM_SHARE
  for (let tries = 1; ; tries += 1) {
    const burst = await sendBurst(ctx.observer, on.access, BASELINE_BURST, ctx.signal)
    // Where nothing answers, it does not get better by asking.
    if (tries === BASELINE_TRIES || !(median(totals(burst)) > calmMs)) return burst
  }
}

/** Pure: the median of those that were hit must be later by at least 70 % of the toxic, less what wide jitter explains. */
export function judgeLatency(
  spec: LatencySpec,
  before: readonly HttpProbeSample[],
  during: readonly HttpProbeSample[],
): Judgement {
  const share = expectedShare(spec.toxicity, spec.streams)
  const beforeMs = totals(before)
  const baselineMs = median(beforeMs)
  const all = totals(during).map((value) => value - baselineMs)
  // With a share of the connections hit, only one stream of a connection may be.
  const streams = share >= 1 ? spec.streams : 1
  const count = Math.max(1, all.length)
  const target = spec.latencyMs * streams
  const wanted = Math.max(0.3 * target, Math.min(0.7 * target, target - 3 * spec.jitterMs * Math.sqrt(streams / count)))
  const noiseMs = 1.5 * interquartileRange(beforeMs)
  const hit = share >= 1 ? all : all.filter((value) => value >= Math.max(wanted, noiseMs))
  const addedMs = median(hit)
  const reasons = [
    weakBaseline(before),
    answered(during) < 0.8 * during.length
      ? `only ${answered(during)} of ${during.length} probes were answered in time to be measured`
      : null,
    share >= 1 ? null : shareMisfit(hit.length, all.length, share),
    addedMs >= wanted ? null : `the median grew by ${signedMs(addedMs)}, expected at least ${signedMs(wanted)}`,
    addedMs > noiseMs ? null : `the median grew by ${signedMs(addedMs)}, within the noise of the link (${signedMs(noiseMs)})`,
  ].filter((reason) => reason !== null)
  return {
    headline: `${signedMs(addedMs)} median${share >= 1 ? '' : ` on ${hit.length} of ${all.length} connections`}`,
    measures: {
      baselineMedianMs: roundOrNull(baselineMs, 1),
      duringMedianMs: roundOrNull(median(totals(during)), 1),
      addedMedianMs: roundOrNull(addedMs, 1),
      expectedAddedMs: target,
      samplesCount: during.length,
      hitCount: hit.length,
    },
    reasons,
    ...(Number.isFinite(addedMs) ? { addedMs } : {}),
  }
}
