import type { FaultContext } from '../../core/ports.ts'
import type { TransferResult } from '../../core/toolbox.ts'
import { transfer } from './access.ts'
import type { ToxicOnLink } from './measure.ts'
import { connectionsFor } from './share.ts'

const BASELINE_ANSWERS = 60
const BASELINE_LIMIT_MS = 800

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
    kbPerSecond: result.lastByteMs === null ? 0 : result.bytes / Math.max(1, result.lastByteMs),
    bytesPerAnswer: whole ? result.bytes / repeat : Number.NaN,
    bytesPerChunk: result.chunks > 0 ? result.bytes / result.chunks : Number.NaN,
    medianGapMs: result.medianGapMs ?? 0,
    weak: whole
      ? null
      : `before the fault ${String(repeat)} requests on one connection ended with '${result.end}' after ${String(result.bytes)} bytes`,
  }
}

/** The same transfer on as many connections at once as the toxicity asks for. */
export async function transferMany(
  on: ToxicOnLink,
  ctx: FaultContext,
  args: { readonly repeat: number; readonly limitMs: number; readonly padding?: number },
): Promise<TransferResult[]> {
  const connections = on.toxicity >= 1 ? 1 : Math.min(20, connectionsFor(on.toxicity, 10))
  return await Promise.all(Array.from({ length: connections }, () => transfer(ctx.observer, on.access, args, ctx.signal)))
}
