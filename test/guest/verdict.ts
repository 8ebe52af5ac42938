/** Whether what came back from the guest shows every fault at work on such a machine. Pure. */
import type { RunResult } from '../../src/core/result/run.ts'
import type { ScenarioResult } from '../../src/core/result/scenario.ts'

export interface GuestReport {
  /** What the guest said of itself, by name. */
  readonly machine: ReadonlyMap<string, string>
  /** Exit codes of the programs that it ran, by name. */
  readonly ended: ReadonlyMap<string, number>
  /** null when the run wrote none. */
  readonly result: RunResult | null
  /** The run of the packet loss alone that was told to use netem; null when it wrote none. */
  readonly netem: RunResult | null
  readonly leftovers: readonly string[]
  /** What the same search found while there was a netem qdisc on purpose. */
  readonly control: readonly string[]
}

export interface Wanted {
  readonly scenarios: readonly { readonly id: string; readonly faults: readonly { readonly kind: string }[] }[]
  /** Kinds of fault that the engine has. */
  readonly kinds: readonly string[]
}

export interface Row {
  readonly id: string
  readonly kinds: string
  readonly effect: boolean
  readonly reverted: boolean
  readonly clean: boolean
  readonly verdict: string
  readonly mechanism: string
}

export interface GuestVerdict {
  readonly rows: readonly Row[]
  /** What is missing; empty when every fault was seen from its effect to its end. */
  readonly problems: readonly string[]
}

/** Faults that work on cgroups, and must have found those of version 2. */
const IN_CGROUPS = ['cpu', 'memory']
const CGROUP_V2 = /\(v2\)/
const LOSS = 'packet_loss'
const NETEM = /^netem\b/
/** Exit codes of `run` that a verdict about the system has; with any other it did not come to its end. */
const VERDICT_CODES = [0, 1, 2, 3]

export function judgeGuest(report: GuestReport, { scenarios, kinds }: Wanted): GuestVerdict {
  const results = new Map(report.result?.scenarios.map((result) => [result.id, result]))
  const losses = scenarios.filter(({ faults }) => hasKind(faults, LOSS))
  const rows = [...rowsOf(scenarios, report.result), ...rowsOf(losses, report.netem)]
  const problems = [
    ...machineProblems(report.machine),
    ...programProblems(report),
    ...(report.result === null ? ['the run wrote no result'] : report.result.reasons),
    ...scenarios.flatMap((scenario) => scenarioProblems(scenario, results.get(scenario.id))),
    ...losses.flatMap((scenario) => netemProblems(scenario, report.netem)),
    ...kinds
      .filter((kind) => !scenarios.some(({ id, faults }) => hasKind(faults, kind) && provenBy(results.get(id))))
      .map((kind) => `no scenario shows the fault ${kind} from its effect to its end`),
  ]
  return { rows, problems }
}

function machineProblems(machine: ReadonlyMap<string, string>): string[] {
  const wanted = { cgroup_filesystem: 'cgroup2fs', cgroup_driver: 'systemd', cgroup_version: '2', init: 'systemd', netem: 'yes' }
  const wrong = Object.entries(wanted).flatMap(([name, value]) => {
    const found = machine.get(name) ?? 'not told'
    return found === value ? [] : [`the guest's ${name} is ${found}, not ${value}`]
  })
  return Number(machine.get('swap_bytes')) > 0 ? wrong : [...wrong, 'the guest has no swap']
}

function programProblems({ ended, leftovers, control }: GuestReport): string[] {
  const look = ended.get('leftovers')
  const broken = ['run', 'run-netem'].filter((name) => !VERDICT_CODES.includes(ended.get(name) ?? Number.NaN))
  return [
    ...broken.map((name) => `${name} ended with ${String(ended.get(name) ?? 'nothing')}`),
    ...(control.some((line) => line.includes('qdisc netem')) ? [] : ['the search for leftovers does not see a netem qdisc']),
    ...leftovers.map((line) => `left behind: ${line}`),
    ...(look === 0 || leftovers.length > 0 ? [] : [`the search for leftovers ended with ${String(look ?? 'nothing')}`]),
  ]
}

function scenarioProblems({ id, faults }: Wanted['scenarios'][number], result: ScenarioResult | undefined): string[] {
  if (result === undefined) return [`${id} was not run`]
  const { effect, mechanism, cleanup, reasons } = result
  const unseen = effect.reasons.length > 0 ? effect.reasons : reasons
  return [
    ...(effect.confirmed ? [] : [`${id}: no effect: ${unseen.join('; ')}`]),
    ...(wasReverted(result) ? [] : [`${id}: not reverted: ${reasons.join('; ')}`]),
    ...cleanup.leftovers.map((left) => `${id}: left behind: ${left}`),
    ...(effect.confirmed && IN_CGROUPS.some((kind) => hasKind(faults, kind)) && !CGROUP_V2.test(mechanism)
      ? [`${id}: its mechanism is not that of cgroup version 2: ${mechanism}`]
      : []),
  ]
}

/** The same loss once more, by the way that is taken where the firewall has no random match. */
function netemProblems(scenario: Wanted['scenarios'][number], netem: RunResult | null): string[] {
  const result = netem?.scenarios.find(({ id }) => id === scenario.id)
  const found = scenarioProblems(scenario, result).map((problem) => `with netem, ${problem}`)
  if (result === undefined || NETEM.test(result.mechanism)) return found
  return [...found, `${scenario.id} was told to use netem, and its mechanism is: ${result.mechanism}`]
}

function rowsOf(scenarios: Wanted['scenarios'], result: RunResult | null): Row[] {
  return scenarios.flatMap((scenario) => {
    const found = result?.scenarios.find(({ id }) => id === scenario.id)
    return found === undefined ? [] : [rowOf(scenario, found)]
  })
}

function rowOf({ id, faults }: Wanted['scenarios'][number], result: ScenarioResult): Row {
  return {
    id,
    kinds: faults.map(({ kind }) => kind).join(', '),
    effect: result.effect.confirmed,
    reverted: wasReverted(result),
    clean: wasClean(result),
    verdict: result.verdict,
    mechanism: result.mechanism,
  }
}

function provenBy(result: ScenarioResult | undefined): boolean {
  return result !== undefined && result.effect.confirmed && wasReverted(result) && wasClean(result)
}

/** The result has no field for it: a revert that failed is among the reasons, and nothing looks for leftovers after it. */
function wasReverted({ phases, reasons }: ScenarioResult): boolean {
  return phases.some(({ name }) => name === 'revert') && !reasons.some((reason) => /^not reverted:/.test(reason))
}

function wasClean({ phases, cleanup }: ScenarioResult): boolean {
  return phases.some(({ name }) => name === 'clean') && cleanup.clean
}

function hasKind(faults: readonly { readonly kind: string }[], kind: string): boolean {
  return faults.some((fault) => fault.kind === kind)
}
