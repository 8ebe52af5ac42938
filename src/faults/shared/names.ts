/** Names of what the faults create. They stand in the plans, so that a revert finds exactly ours. */
import type { FaultContext } from '../../kinds/context.ts'

/** The part of a fault's context that makes a name its own. */
type Namer = Pick<FaultContext, 'runId' | 'scenarioId' | 'number'>

export function toxicName(ctx: Namer): string {
  return `chaos_${ctx.runId}_${ctx.scenarioId}_${ctx.number()}`.replaceAll(/[^A-Za-z0-9_.-]/g, '-')
}

/** A container name: lower case, and nothing that Docker refuses. `role` tells people what it is for. */
export function helperName(ctx: Namer, role: string): string {
  const name = `chaos-${ctx.runId}-${ctx.scenarioId}-${role}-${ctx.number()}`
  return name.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '-')
}

/** How long a helper lives without a word from us before it undoes its work. */
export const HELPER_TTL_MS = 15_000
