/** CPU time that a virtual machine asked for and did not get, as its host gave it to others (`steal` of proc_stat(5)). Pure. */
import type { Verdict } from './model.ts'

/** From here on a reader of what was slow is told. */
export const STOLEN_LIMIT_PERCENT = 10

/** As `host.read` has them, in the kernel's ticks. */
interface CpuTicks {
  readonly cpuTotalTicks: number
  readonly cpuIdleTicks: number
  readonly cpuStolenTicks: number
}

/** Of what was asked for between two looks, 0…1; NaN when nothing was. */
export function stolenShare(before: CpuTicks, after: CpuTicks): number {
  const askedTicks = after.cpuTotalTicks - before.cpuTotalTicks - (after.cpuIdleTicks - before.cpuIdleTicks)
  return askedTicks <= 0 ? Number.NaN : (after.cpuStolenTicks - before.cpuStolenTicks) / askedTicks
}

/** For the reasons of a verdict that is not green: it stays what it is, and whoever reads it knows what to do first. */
export function stolenNote(percent: number | null): string[] {
  if (percent === null || percent < STOLEN_LIMIT_PERCENT) return []
  return [
    `the host gave ${Math.round(percent)} % of the CPU time that this machine asked for to others: what was late or too little may be that, and a quieter machine tells`,
  ]
}

/** With the note where it is not green; as it was where it is, or where nothing was run. */
export function withStolenNote<T extends { readonly verdict: Verdict; readonly reasons: readonly string[] }>(
  decided: T,
  percent: number | null,
): T {
  const isQuiet = decided.verdict === 'passed' || decided.verdict === 'skipped'
  return isQuiet ? decided : { ...decided, reasons: [...decided.reasons, ...stolenNote(percent)] }
}
