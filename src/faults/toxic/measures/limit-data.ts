import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { requestSize, sendBurst, withinWindow } from '../../shared/access.ts'
import { attributeOf, measureEach, type Direction, type Measure } from './measure.ts'
import { answered } from '../../shared/samples.ts'
import { shareMisfit } from './share.ts'
import { takeTransferBaseline, transferMany, type TransferBaseline } from './transfers.ts'

const MEASURE_MS = 1_500
const MOST_ANSWERS = 5_000
const PADDING = 1_000

/** limit_data: the connection ends after so many bytes, although more were asked for. */
export const measureLimitData: Measure = async (on, ctx) => {
  const limitBytes = attributeOf(on, 'bytes')
  return await measureEach(on, (direction) => measureDirection(direction, limitBytes, on, ctx))
}

async function measureDirection(
  direction: Direction,
  limitBytes: number,
  ...[on, ctx]: Parameters<Measure>
): ReturnType<Measure> {
  const padding = direction === 'upstream' ? PADDING : 0
  const baseline = await takeTransferBaseline(on, ctx, padding)
  const perRequest = direction === 'upstream' ? requestSize(on.access, padding) : baseline.bytesPerAnswer
  const repeat = Number.isFinite(perRequest)
    ? Math.min(MOST_ANSWERS, Math.ceil((2 * limitBytes) / perRequest) + 3)
    : ANSWERS_UNKNOWN
  return async (during) => {
    const limitMs = withinWindow(during, MEASURE_MS)
    const results = await transferMany(on, during, { repeat, limitMs, padding })
    const small =
      direction === 'upstream' && requestSize(on.access, 0) < limitBytes
        ? await sendBurst(during.observer, on.access, SMALL, during.signal)
        : []
    const smallRequests = { sent: small.length, answered: answered(small) }
    return judgeLimit({ direction, limitBytes, perRequest, repeat, toxicity: on.toxicity, smallRequests }, baseline, results)
  }
}

/** Requests that fit below the limit: they tell a limit from a link that is dead. */
const SMALL = { count: 3, intervalMs: 20, timeoutMs: 500 }

const ANSWERS_UNKNOWN = 50

export interface LimitSpec {
  readonly direction: Direction
  readonly limitBytes: number
  /** Bytes of one request or of one answer, as the direction says. */
  readonly perRequest: number
  readonly repeat: number
  readonly toxicity: number
  readonly smallRequests: { readonly sent: number; readonly answered: number }
}

/**
 * Pure: ends early, by the other side, not beyond the limit. On the way down also not long before it; on the way up the
 * answers to what did pass are lost with the connection, so there requests below the limit must still be answered.
 */
export function judgeLimit(spec: LimitSpec, before: TransferBaseline, results: readonly TransferResult[]): Judgement {
  const passed = (result: TransferResult): number =>
    spec.direction === 'downstream' ? result.bytes : Math.floor(result.bytes / before.bytesPerAnswer) * spec.perRequest
  const lowest = spec.direction === 'downstream' ? 0.5 * spec.limitBytes : 0
  const fits = (result: TransferResult): boolean =>
    (result.end === 'eof' || result.end === 'reset') && passed(result) <= spec.limitBytes && passed(result) >= lowest
  const hit = results.filter(fits)
  const small = spec.smallRequests
  const reach = spec.repeat * spec.perRequest
  const ends = results
    .map((result) => `${result.end} after ${Math.round(passed(result))} bytes`)
    .slice(0, 3)
    .join(', ')
  const misfit = shareMisfit(hit.length, results.length, spec.toxicity)
  const reasons = [
    before.weak,
    reach > spec.limitBytes
      ? null
      : `our probe asks for ${Math.round(reach)} bytes at most, too few to reach the limit of ${spec.limitBytes}`,
    misfit === null ? null : `${misfit}: ${ends}`,
    small.answered === small.sent ? null : `only ${small.answered} of ${small.sent} requests below the limit were answered`,
  ].filter((reason) => reason !== null)
  return {
    headline: `connections ended ${spec.direction}: ${ends}`,
    measures: {
      [`${spec.direction}LimitBytes`]: spec.limitBytes,
      [`${spec.direction}AskedBytes`]: Math.round(reach),
      [`${spec.direction}PassedBytes`]: results[0] ? Math.round(passed(results[0])) : null,
      [`${spec.direction}CutCount`]: hit.length,
    },
    reasons,
  }
}
