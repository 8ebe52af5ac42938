/** From a checked entry to what the engine runs. Total: whatever the schemas let through has a meaning here. */
import { EXPECTATION_KINDS } from '../core/expectations.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { PROFILES } from '../core/model.ts'
import type { SuiteName } from '../core/model.ts'
import type { Expectation, Scenario } from '../core/scenario.ts'
import type { ClauseInput } from './expect-schema.ts'
import type { CommonInput } from './scenario-schema.ts'
import type { CheckedEntry } from './scenario-entry.ts'

const DEFAULT_DURATION_SECONDS = 30

export function toScenario(checked: CheckedEntry, suite: SuiteName, source: Scenario['source']): Scenario {
  const entry = checked.common
  return {
    id: entry.id,
    name: entry.name,
    suite,
    expectedBehavior: entry.expected_behavior,
    faults: checked.faults,
    expect: (entry.expect ?? []).map(toExpectation),
    durationSeconds: entry.duration_seconds ?? DEFAULT_DURATION_SECONDS,
    profileSeconds: toProfileSeconds(entry),
    recoveryLimitSeconds: entry.recovery_seconds ?? null,
    control: entry.control ?? null,
    exclusive: entry.exclusive ?? false,
    source,
  }
}

function toProfileSeconds(entry: CommonInput): Scenario['profileSeconds'] {
  const seconds: Partial<Record<(typeof PROFILES)[number], number>> = {}
  for (const profile of PROFILES) {
    const own = entry.profiles?.[profile]
    if (own !== undefined) seconds[profile] = own.duration_seconds
  }
  return seconds
}

function toExpectation(clause: ClauseInput): Expectation {
  const kind = EXPECTATION_KINDS.find((name) => clause[name] !== undefined)
  const spec = kind === undefined ? undefined : clause[kind]
  // The schema lets no clause through that has none.
  if (kind === undefined || spec === undefined) throw new TypeError('a clause without a kind passed the schema')
  return { phase: clause.phase ?? 'during', probe: kind, spec: withoutUndefined(spec) }
}

/** zod types optional keys as possibly undefined; none is, as JSON has no undefined. */
function withoutUndefined(spec: object): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter((pair): pair is [string, Json] => pair[1] !== undefined))
}
