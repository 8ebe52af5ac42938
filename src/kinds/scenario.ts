/** A scenario after parsing: what the engine runs, whatever file or shape it came from. */
import type { Expectation } from './clause.ts'
import type { FaultRequest } from './fault.ts'
import type { ProfileName, SuiteName } from '../core/model.ts'

export interface Scenario {
  readonly id: string
  readonly name: string
  readonly suite: SuiteName
  readonly expectedBehavior: string
  readonly faults: readonly FaultRequest[]
  readonly expect: readonly Expectation[]
  /** As written in the entry; the profile decides how much of it is run. */
  readonly durationSeconds: number
  readonly profileSeconds: Partial<Record<ProfileName, number | undefined>>
  /** Overrides the profile's recovery limit. */
  readonly recoveryLimitSeconds: number | null
  /** A service to watch instead of the chosen one; null lets the engine choose. */
  readonly control: string | null
  /** Services of which containers may die or turn unhealthy although no fault aims at them, or more often than it kills them. */
  readonly mayDie: readonly string[]
  /** It uses up what other stacks on the machine need as well: no scenario runs beside it. */
  readonly exclusive: boolean
  /** What it breaks need not be used by anybody. */
  readonly mayBeUnused: boolean
  /** It runs on a stack on which no other scenario has run. */
  readonly freshStack: boolean
  readonly source: { readonly file: string; readonly line: number }
}

/** Never shorter: a canary of 10 requests a second needs this long to mean anything. */
const SHORTEST_WINDOW_MS = 5_000
const QUICK_WINDOW_MS = 6_000

/** How long the fault is held at least. Limits and service timers are never scaled, only this. */
export function faultWindowMs(scenario: Scenario, profile: ProfileName): number {
  const own = scenario.profileSeconds[profile]
  const seconds = own ?? scenario.durationSeconds
  const scaled = own === undefined && profile !== 'full' ? Math.min(seconds * 1_000, QUICK_WINDOW_MS) : seconds * 1_000
  return Math.max(SHORTEST_WINDOW_MS, scaled)
}

const RECOVERY_LIMIT_MS: Record<ProfileName, number> = { smoke: 20_000, quick: 20_000, full: 60_000 }

export function recoveryLimitMs(scenario: Scenario, profile: ProfileName): number {
  return scenario.recoveryLimitSeconds === null ? RECOVERY_LIMIT_MS[profile] : scenario.recoveryLimitSeconds * 1_000
}

/** Of whatever else has to come back with it, which no entry has promised sooner: a service that we restart, or a load. */
export function usualLimitMs(scenario: Scenario, profile: ProfileName): number {
  return Math.max(RECOVERY_LIMIT_MS[profile], recoveryLimitMs(scenario, profile))
}
