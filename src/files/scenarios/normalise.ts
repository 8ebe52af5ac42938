/** From a checked entry to what the engine runs. Total: whatever the schemas let through has a meaning here. */
import { PROFILES, type SuiteName } from '../../core/model.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { toExpectation } from './expect-schema.ts'
import type { CommonInput } from './schema.ts'
import type { CheckedEntry } from './entry.ts'

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
