import { interquartileRange, median, roundOrNull } from '../../../core/statistics.ts'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import { signedMs, type Judgement } from '../../shared/evidence.ts'
import { paddingHeader, requestSize, sendBurst, withinWindow } from '../../shared/access.ts'
import { attributeOf, measureEach, type Measure } from './measure.ts'
import { BASELINE_BURST, totals, weakBaseline } from '../../shared/samples.ts'
import { shareMisfit } from './share.ts'
import { takeTransferBaseline, transferMany, type TransferBaseline } from './transfers.ts'

export interface SlicerSpec {
  readonly averageSize: number
  readonly variation: number
  readonly delayMs: number
  readonly toxicity: number
}

const MEASURE_MS = 1_200
const ANSWERS = 20
const PADDING = 2_000

/** slicer: the bytes come in more and smaller pieces, with pauses between them. */
export const measureSlicer: Measure = async (on, ctx) => {
  const spec = {
    averageSize: attributeOf(on, 'average_size'),
    variation: attributeOf(on, 'size_variation'),
    delayMs: attributeOf(on, 'delay') / 1_000,
    toxicity: on.toxicity,
  }
  return await measureEach(on, (direction) => (direction === 'downstream' ? measureDown : measureUp)(spec, on, ctx))
}

type MeasureWay = (spec: SlicerSpec, ...args: Parameters<Measure>) => ReturnType<Measure>

const measureDown: MeasureWay = async (spec, on, ctx) => {
  const baseline = await takeTransferBaseline(on, ctx, 0)
  return async (during) => {
    const limitMs = withinWindow(during, MEASURE_MS)
    return judgeSlices(spec, baseline, await transferMany(on, during, { repeat: ANSWERS, limitMs }))
  }
}

/** Going up, only the pauses can be seen from outside: a long request takes longer to arrive. */
const measureUp: MeasureWay = async (spec, on, ctx) => {
  const access = { ...on.access, headers: { ...on.access.headers, ...paddingHeader(PADDING) } }
  const pieces = Math.floor(requestSize(on.access, PADDING) / (spec.averageSize + spec.variation))
  const expectedMs = Math.max(0, pieces - 1) * spec.delayMs
  const before = await sendBurst(ctx.observer, access, BASELINE_BURST, ctx.signal)
  return async (during) => {
    const timeoutMs = withinWindow(during, expectedMs * 3 + 1_000)
    return judgePauses(
      { expectedMs, toxicity: spec.toxicity },
      before,
      await sendBurst(during.observer, access, { ...BASELINE_BURST, timeoutMs }, during.signal),
    )
  }
}

/** Bytes of one read; NaN, which fits nothing, where there was none. */
function sizeOf({ bytes: moved, chunks }: TransferResult): number {
  return moved / chunks
}

/** A system that takes a while for each answer has gaps as well, but brings more in the same time. */
const SLOWER_AT_LEAST = 2

/** Pure: pieces well below those of the baseline and near the size asked for; with a delay, the gaps and the rate show it. */
export function judgeSlices(spec: SlicerSpec, before: TransferBaseline, results: readonly TransferResult[]): Judgement {
  const largest = Math.min(0.6 * before.bytesPerChunk, 1.5 * (spec.averageSize + spec.variation))
  const visibleGap = spec.delayMs >= 1
  const fits = (result: TransferResult): boolean => {
    const size = sizeOf(result)
    const gap = result.medianGapMs ?? 0
    const isSlower = result.bytes * SLOWER_AT_LEAST <= before.kbPerSecond * (result.lastByteMs ?? 0)
    return size <= largest && (!visibleGap || (gap >= 0.5 * spec.delayMs && isSlower))
  }
  const hit = results.filter(fits)
  const shown = hit.length > 0 ? hit : results
  const size = median(shown.map(sizeOf))
  const gap = median(shown.map((result) => result.medianGapMs ?? Number.NaN))
  const sizes = `${bytes(size)} per read with gaps of ${ms(gap)}, before ${bytes(before.bytesPerChunk)} with ${ms(before.medianGapMs)}`
  const misfit = shareMisfit(hit.length, results.length, spec.toxicity)
  const reasons = [
    before.weak,
    misfit === null ? null : `${misfit}: ${sizes}, expected at most ${bytes(largest)} with ${ms(spec.delayMs)}`,
  ]
  return {
    headline: sizes,
    measures: {
      baselineBytesPerRead: roundOrNull(before.bytesPerChunk, 1),
      bytesPerRead: roundOrNull(size, 1),
      baselineGapMedianMs: roundOrNull(before.medianGapMs, 2),
      gapMedianMs: roundOrNull(gap, 2),
      slicedCount: hit.length,
    },
    reasons: reasons.filter((reason) => reason !== null),
  }
}

/** Pure: a long request takes at least half of the pauses longer. */
export function judgePauses(
  spec: { readonly expectedMs: number; readonly toxicity: number },
  before: readonly HttpProbeSample[],
  during: readonly HttpProbeSample[],
): Judgement {
  const baselineMs = median(totals(before))
  const added = totals(during).map((value) => value - baselineMs)
  const noiseMs = 1.5 * interquartileRange(totals(before))
  const hit = added.filter((value) => value >= 0.5 * spec.expectedMs && value > noiseMs)
  const visible = spec.expectedMs >= 2
  const misfit = visible ? shareMisfit(hit.length, during.length, spec.toxicity) : null
  const reasons = [
    weakBaseline(before),
    visible ? null : `slices on the way up show only by their pauses, and these add up to ${ms(spec.expectedMs)} per request`,
    misfit === null
      ? null
      : `${misfit}: requests took ${signedMs(median(added))}, expected at least ${signedMs(spec.expectedMs / 2)}`,
  ].filter((reason) => reason !== null)
  return {
    headline: `${signedMs(median(added))} for a request of ${PADDING} bytes`,
    measures: {
      upstreamAddedMedianMs: roundOrNull(median(added), 1),
      upstreamExpectedMs: roundOrNull(spec.expectedMs, 1),
      upstreamHitCount: hit.length,
    },
    reasons,
  }
}

function bytes(value: number): string {
  return `${String(roundOrNull(value) ?? 'unknown')} bytes`
}

function ms(value: number): string {
  return `${String(roundOrNull(value, 1) ?? 'unknown')} ms`
}
