/** The tables of all scenarios and all load patterns. */
import { duration, effectText, outageText, recoveryText, titleOf, type LoadOf, type ScenarioOf } from './facts.ts'
import { markup, shown, table, type Html } from './html-kit.ts'
import { rounded } from './load-facts.ts'

export function verdictBadge(verdict: string): Html {
  return markup`<b class="verdict ${verdict}">${verdict}</b>`
}

/** `anchor` gives the id of an entry's details, or null where they are not on the page. */
export function scenarioTable(scenarios: readonly ScenarioOf[], anchor: (index: number) => string | null): Html {
  return table(
    ['id', 'scenario', 'verdict', 'effect', 'longest outage', 'recovered in'],
    scenarios.map((scenario, index) => [
      linked(scenario.id, anchor(index)),
      shown(titleOf(scenario), 120),
      verdictBadge(scenario.verdict),
      shown(effectText(scenario), 160),
      shown(outageText(scenario), 40),
      shown(recoveryText(scenario), 160),
    ]),
  )
}

export function loadTable(patterns: readonly LoadOf[], anchor: (index: number) => string | null): Html {
  return table(
    ['id', 'pattern', 'verdict', 'users', 'requests/s', 'errors', 'p95', 'p99', 'peak in flight'],
    patterns.map((load, index) => [
      linked(load.id, anchor(index)),
      shown(load.name, 120),
      verdictBadge(load.verdict),
      shown(`${String(load.users)}${load.model === 'open' ? ' (open model)' : ''}`, 40),
      shown(rounded(load.rps), 40),
      shown(`${(load.errorRate * 100).toFixed(2)} %`, 40),
      shown(duration(load.p95Ms), 40),
      shown(duration(load.p99Ms), 40),
      shown(rounded(load.peakInFlight), 40),
    ]),
  )
}

/** A browser opens the fold that the target lies in. */
function linked(id: string, anchor: string | null): Html {
  return anchor === null ? shown(id, 40) : markup`<a href="#${anchor}">${shown(id, 40)}</a>`
}
