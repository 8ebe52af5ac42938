import type { FaultContext } from '../../../kinds/context.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import { transfer } from '../../shared/access.ts'
import type { ToxicOnLink } from './measure.ts'

const BASELINE_ANSWERS = 60
const BASELINE_LIMIT_MS = 800
/** At once, where the toxic hits some of them. */
const SOME_CONNECTIONS = 20

/** What one connection of ours carried before the fault. */
export interface TransferBaseline {
  readonly kbPerSecond: number
  readonly bytesPerAnswer: number
  readonly bytesPerChunk: number
  readonly medianGapMs: number
  /** Why it is no baseline, or null. */
  readonly weak: string | null
}

export async function takeTransferBaseline(on: ToxicOnLink, ctx: FaultContext, padding: number): Promise<TransferBaseline> {
  const result = await transfer(
    ctx.observer,
    on.access,
    { repeat: BASELINE_ANSWERS, limitMs: BASELINE_LIMIT_MS, padding },
    ctx.signal,
  )
  return transferBaseline(result, BASELINE_ANSWERS)
}

/** Pure. Rates are over the whole time of the transfer, as a fast one may come in a single read. */
export function transferBaseline(result: TransferResult, repeat: number): TransferBaseline {
  const whole = result.end === 'complete' && result.bytes > 0
  return {
    kbPerSecond: result.bytes / Math.max(1, result.lastByteMs ?? 0),
    bytesPerAnswer: whole ? result.bytes / repeat : Number.NaN,
    // NaN where nothing came.
    bytesPerChunk: result.bytes / result.chunks,
    medianGapMs: result.medianGapMs ?? 0,
    weak: whole
      ? null
      : `before the fault ${repeat} requests on one connection ended with '${result.end}' after ${result.bytes} bytes`,
  }
}

/** The same transfer on one connection, or on several at once where the toxic does not hit all. */
export async function transferMany(
  on: ToxicOnLink,
  ctx: FaultContext,
  args: { readonly repeat: number; readonly limitMs: number; readonly padding?: number },
): Promise<TransferResult[]> {
  const connections = on.toxicity >= 1 ? 1 : SOME_CONNECTIONS
  return await Promise.all(Array.from({ length: connections }, () => transfer(ctx.observer, on.access, args, ctx.signal)))
}
