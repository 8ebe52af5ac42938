import { median, roundOrNull } from '../../../core/statistics.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { requestSize, withinWindow } from '../../shared/access.ts'
import { measureBlackhole } from './blackhole.ts'
import { attributeOf, measureEach, type Direction, type Measure, type ToxicOnLink } from './measure.ts'
import { shareMisfit } from './share.ts'
import { takeTransferBaseline, transferMany, type TransferBaseline } from './transfers.ts'

const MEASURE_MS = 1_600
const MOST_ANSWERS = 5_000

/** bandwidth: bytes flow at about the rate, which the link exceeded before. Rate 0 lets nothing through. */
export const measureBandwidth: Measure = async (on, ctx) => {
  const rate = attributeOf(on, 'rate')
  if (rate === 0) return measureBlackhole(on, ctx)
  return await measureEach(on, (direction) => measureDirection(direction, rate, on, ctx))
}

async function measureDirection(
  direction: Direction,
  rate: number,
  on: ToxicOnLink,
  ctx: Parameters<Measure>[1],
): ReturnType<Measure> {
  // On the way up the requests carry the bytes: each as long as a fifth of a second takes at this rate, within what servers take.
  const padding = direction === 'upstream' ? Math.round(Math.min(4_000, rate * 200)) : 0
  const baseline = await takeTransferBaseline(on, ctx, padding)
  const sent = requestSize(on.access, padding)
  const bytesPerAnswer = direction === 'upstream' ? sent : baseline.bytesPerAnswer
  return async (during) => {
    const limitMs = withinWindow(during, MEASURE_MS)
    const wanted = Number.isFinite(bytesPerAnswer) ? Math.ceil((rate * limitMs) / bytesPerAnswer) + 5 : 100
    const results = await transferMany(on, during, { repeat: Math.min(MOST_ANSWERS, wanted), limitMs, padding })
    const spec = { rate, toxicity: on.toxicity, direction }
    return judgeBandwidth(
      spec,
      inDirection(baseline, direction, sent),
      results.map((result) => rateOf(result, direction, baseline, sent)),
    )
  }
}

/** The rate at which requests went up follows from the answers: a request is answered when it has arrived whole. */
function inDirection(baseline: TransferBaseline, direction: Direction, sent: number): TransferBaseline {
  return direction === 'upstream'
    ? { ...baseline, kbPerSecond: (baseline.kbPerSecond / baseline.bytesPerAnswer) * sent }
    : baseline
}

export interface Flow {
  readonly kbPerSecond: number
  readonly bytes: number
}

/** Pure. Down: between the first byte and the last. Up: whole requests until the last answer. */
export function rateOf(
  result: TransferResult,
  direction: Direction,
  baseline: Pick<TransferBaseline, 'bytesPerAnswer'>,
  sent: number,
): Flow {
  const { lastByteMs } = result
  if (lastByteMs === null) return { kbPerSecond: 0, bytes: 0 }
  if (direction === 'downstream') {
    const firstByteMs = result.firstByteMs ?? lastByteMs
    return { kbPerSecond: result.bytes / Math.max(1, lastByteMs - firstByteMs), bytes: result.bytes }
  }
  const bytes = Math.floor(result.bytes / baseline.bytesPerAnswer) * sent
  return { kbPerSecond: bytes / Math.max(1, lastByteMs), bytes }
}

/** Pure: at most 1.3 times the rate, at least 0.3 times, and at least twice the rate before. */
export function judgeBandwidth(
  spec: { readonly rate: number; readonly toxicity: number; readonly direction: Direction },
  before: Pick<TransferBaseline, 'kbPerSecond' | 'weak'>,
  flows: readonly Flow[],
): Judgement {
  const { rate, toxicity, direction } = spec
  const fits = (flow: Flow): boolean => flow.bytes > 0 && flow.kbPerSecond <= 1.3 * rate && flow.kbPerSecond >= 0.3 * rate
  const hit = flows.filter(fits)
  const measured = median((hit.length > 0 ? hit : flows).map((flow) => flow.kbPerSecond))
  const misfit = shareMisfit(hit.length, flows.length, toxicity)
  const reasons = [
    before.weak,
    before.kbPerSecond >= 2 * rate
      ? null
      : `before the fault our probe moved ${kb(before.kbPerSecond)} ${direction}, too little to notice a limit of ${kb(rate)}`,
    misfit === null ? null : `${misfit}: ${kb(measured)} ${direction}, expected ${kb(0.3 * rate)} to ${kb(1.3 * rate)}`,
  ].filter((reason) => reason !== null)
  return {
    headline: `${kb(measured)} ${direction} instead of ${kb(before.kbPerSecond)}`,
    measures: {
      [`${direction}BaselineKbPerS`]: roundOrNull(before.kbPerSecond, 1),
      [`${direction}KbPerS`]: roundOrNull(measured, 2),
      [`${direction}LimitKbPerS`]: rate,
      [`${direction}Bytes`]: flows.reduce((sum, flow) => sum + flow.bytes, 0),
      [`${direction}HitCount`]: hit.length,
    },
    reasons,
  }
}

function kb(value: number): string {
  return `${String(roundOrNull(value, 1) ?? 'unknown')} KB/s`
}
