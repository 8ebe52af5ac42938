/** Names of what the faults create. They stand in the plans, so that a revert finds exactly ours. */

/** Numbers within one scenario of one run: two faults of a scenario never share a name. */
export interface NameSequence {
  next(run: ScenarioOfRun): number
}

export interface ScenarioOfRun {
  readonly runId: string
  readonly scenarioId: string
}

export function nameSequence(): NameSequence {
  const last = new Map<string, number>()
  return {
    next({ runId, scenarioId }) {
      const key = `${runId}/${scenarioId}`
      const number = (last.get(key) ?? 0) + 1
      last.set(key, number)
      return number
    },
  }
}

export function toxicName(run: ScenarioOfRun, number: number): string {
  return `chaos_${run.runId}_${run.scenarioId}_${String(number)}`.replaceAll(/[^A-Za-z0-9_.-]/g, '-')
}

/** A container name: lower case, and nothing that Docker refuses. */
export function helperName(run: ScenarioOfRun, role: string, number: number): string {
  return `chaos-${run.runId}-${run.scenarioId}-${role}-${String(number)}`.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '-')
}

/** How long a helper lives without a word from us before it undoes its work. */
export const HELPER_TTL_MS = 15_000
