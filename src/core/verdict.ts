/** How verdicts are decided. Pure, and in one place: nothing else may turn an observation into a verdict (`build/lint/verdicts.ts`). */
import type { RunVerdict, Verdict } from './model.ts'
import type { Counts } from './result/run.ts'
import type { ConfirmationResult, ControlResult, ExpectationResult, ExposureResult, ScenarioResult } from './result/scenario.ts'
import { withStolenNote } from './stolen.ts'

/** Fewer canary requests than this in the fault window cannot show anything. */
const MINIMUM_CANARY_SAMPLES = 20

export interface Decided {
  readonly verdict: Verdict
  /** Why it is not passed; empty when it is. */
  readonly reasons: readonly string[]
}

export interface ScenarioFacts {
  /** A named capability that this machine or stack lacks: nothing was injected. */
  readonly missingCapability: string | null
  /** Could not run, was not reverted, or the harness itself broke. */
  readonly harnessErrors: readonly string[]
  readonly injected: boolean
  readonly effect: {
    readonly confirmed: boolean
    readonly reasons: readonly string[]
    readonly escaped?: readonly string[] | undefined
  }
  readonly canarySent: number
  /** null where nobody could look. */
  readonly exposure: ExposureResult | null
  /** Why the harness was too starved of CPU to judge; null when it was not. */
  readonly starved: string | null
  readonly expectations: readonly ExpectationResult[]
  readonly recovery: { readonly recovered: boolean; readonly reason: string | null }
  readonly control: ControlResult | null
  readonly leftovers: readonly string[]
  /** A revert, or the look for what it left, has failed: something may have stayed. */
  readonly mayStay: boolean
  /** What the machine's host took of its CPU time; null when nobody looked. */
  readonly cpuStolenPercent: number | null
}

/** The order of the checks is the rule: see the design's "Words and verdicts". */
export function decideScenario(facts: ScenarioFacts): Decided {
  return withStolenNote(scenarioVerdict(facts), facts.cpuStolenPercent)
}

function scenarioVerdict(facts: ScenarioFacts): Decided {
  const { missingCapability, leftovers } = facts
  // What was prepared before something was found missing may have stayed: no skip hides that.
  if (missingCapability !== null && !facts.mayStay && leftovers.length === 0)
    return { verdict: 'skipped', reasons: [missingCapability] }
  const errors = [missingCapability ?? [], facts.harnessErrors, leftovers.map((found) => `not reverted: ${found}`)].flat()
  if (errors.length > 0) return { verdict: 'error', reasons: errors }
  const doubts = inconclusiveReasons(facts)
  if (doubts.length > 0) return { verdict: 'inconclusive', reasons: doubts }
  const controlReasons = controlHit(facts.control)
  const misses = missedPromises(facts)
  if (misses.length > 0) return { verdict: 'failed', reasons: [...misses, ...controlReasons] }
  if (controlReasons.length > 0) return { verdict: 'error', reasons: controlReasons }
  return { verdict: 'passed', reasons: [] }
}

function inconclusiveReasons(facts: ScenarioFacts): string[] {
  const reasons: string[] = []
  if (!facts.injected) reasons.push('nothing was injected (--no-inject): a rehearsal cannot pass')
  if (!facts.effect.confirmed) {
    reasons.push(...(facts.effect.reasons.length > 0 ? facts.effect.reasons : ['the fault was not seen to bite']))
  }
  const unused = unusedText(facts.exposure)
  if (unused !== null) reasons.push(unused)
  if (facts.canarySent < MINIMUM_CANARY_SAMPLES) {
    reasons.push(`only ${facts.canarySent} canary requests in the fault window, ${MINIMUM_CANARY_SAMPLES} are needed`)
  }
  if (facts.starved !== null) reasons.push(`harness starved: ${facts.starved}`)
  return reasons
}

/** A fault that nobody met shows nothing of the system. One place of several that is used is enough. */
function unusedText(exposure: ExposureResult | null): string | null {
  if (exposure === null || exposure.allowed || exposure.places.length === 0) return null
  if (exposure.unused.length < exposure.places.length) return null
  const names = exposure.unused.join(', ')
  return `nothing used ${names}: the system had no connection there from the steady state to the end of the fault (if that is as it should be, give the entry "unused": "allowed")`
}

function missedPromises(facts: ScenarioFacts): string[] {
  const misses = [...(facts.effect.escaped ?? []), ...missedClauses(facts)]
  if (!facts.recovery.recovered) misses.push(facts.recovery.reason ?? 'did not recover')
  return misses
}

function missedClauses(facts: ScenarioFacts): string[] {
  return facts.expectations
    .filter((clause) => clause.met !== true)
    .map((clause) => {
      const undecided = clause.met === null ? 'undecided: ' : ''
      return `${undecided}${clause.text}: expected ${clause.expected}, observed ${clause.observed}`
    })
}

function controlHit(control: ControlResult | null): string[] {
  if (control === null || control.unaffected) return []
  const hit = `control ${control.service} was hit as well`
  return control.reasons.length > 0 ? control.reasons.map((reason) => `${hit}: ${reason}`) : [hit]
}

/** A red stays red: whether it was so alone on a fresh stack is one more of its reasons. */
export function withConfirmation(first: Decided, confirmation: ConfirmationResult): Decided {
  return { verdict: first.verdict, reasons: [...first.reasons, confirmedText(confirmation)] }
}

/** So many of those that had run before are named. */
const MOST_NAMED = 3

function confirmedText({ verdict, reasons, after }: ConfirmationResult): string {
  if (verdict === 'failed') return 'failed 2 of 2: once more alone, on a fresh stack'
  const more = after.length > MOST_NAMED ? ` and ${after.length - MOST_NAMED} more` : ''
  const where = after.length === 0 ? 'beside other stacks' : `after ${after.slice(-MOST_NAMED).join(', ')}${more}`
  if (verdict === 'passed') return `failed only ${where}: alone, on a fresh stack, it passed`
  return `whether it fails alone is not known: on a fresh stack it was ${verdict}: ${reasons[0] ?? 'no reason was given'}`
}

export interface LoadFacts {
  /** Why it was no load: it could not be run, or what was measured is not what was asked for. */
  readonly errors: readonly string[]
  /** Promises that were not kept. */
  readonly misses: readonly string[]
  /** Why what was seen may not be what is. */
  readonly doubts: readonly string[]
  /** What the host of the generator's machine took of its CPU time; null when nobody looked. */
  readonly stolenPercent: number | null
}

/** A known broken promise is hidden by nothing but a run that measured something else than it was to. */
export function decideLoad(facts: LoadFacts): Decided {
  return withStolenNote(loadVerdict(facts), facts.stolenPercent)
}

function loadVerdict({ errors, misses, doubts }: LoadFacts): Decided {
  if (errors.length > 0) return { verdict: 'error', reasons: [...errors, ...misses] }
  if (misses.length > 0) return { verdict: 'failed', reasons: [...misses, ...doubts] }
  if (doubts.length > 0) return { verdict: 'inconclusive', reasons: doubts }
  return { verdict: 'passed', reasons: [] }
}

export function countVerdicts(verdicts: readonly Verdict[]): Counts {
  const counts = { passed: 0, failed: 0, inconclusive: 0, error: 0, skipped: 0 }
  for (const verdict of verdicts) counts[verdict] += 1
  return counts
}

/**
 * A known broken promise is never hidden by something unknown; nothing run, or all skipped, is an error, and so is trouble of
 * the run itself, which belongs to no scenario.
 */
export function decideRun(counts: Counts, strict: boolean, hasTrouble = false): RunVerdict {
  if (counts.failed > 0) return 'failed'
  if (counts.error > 0 || hasTrouble) return 'error'
  if (counts.inconclusive > 0) return 'inconclusive'
  if (counts.passed === 0 || (strict && counts.skipped > 0)) return 'error'
  return 'passed'
}

/** Of a run that was decided, and then had trouble. */
export function withTrouble(verdict: RunVerdict): RunVerdict {
  return verdict === 'failed' ? 'failed' : 'error'
}

/** Several results told as one; `unread`: how many nobody could read. One of those, or no result at all, is no green. */
export function decideReport(verdicts: readonly RunVerdict[], unread: number): RunVerdict {
  return decideRun(countVerdicts(verdicts), false, unread > 0)
}

/** What a run says for itself beside its scenarios: broken promises are told by those, and all that is left is trouble. */
export function decideApart(verdict: RunVerdict): RunVerdict {
  return verdict === 'inconclusive' ? 'inconclusive' : 'error'
}

export const EXIT_CODES: Record<RunVerdict, number> = { passed: 0, failed: 1, error: 2, inconclusive: 3 }

/** What the criteria are answered from. */
export type CriteriaFacts = Pick<ScenarioResult, 'verdict' | 'effect' | 'expectations' | 'recovery' | 'control' | 'cleanup'>

/** The original harness's five success criteria, answered from what was observed; null where nothing was run for one. */
export function judgeCriteria(scenarios: readonly CriteriaFacts[]): { text: string; met: boolean | null }[] {
  const all = <T>(text: string, of: readonly T[], holds: (one: T) => boolean): { text: string; met: boolean | null } => ({
    text,
    met: of.length === 0 ? null : of.every(holds),
  })
  const judged = scenarios.filter((scenario) => scenario.verdict !== 'skipped')
  return [
    all('every fault was proven to bite', judged, (s) => s.effect.confirmed),
    all('the promised behaviour was seen while it did', judged, (s) => s.expectations.every((clause) => clause.met === true)),
    all('the system recovered within its limit', judged, (s) => s.recovery.recovered),
    all(
      'nothing else was hit',
      judged.flatMap((s) => s.control ?? []),
      (control) => control.unaffected,
    ),
    all('nothing stayed behind', judged, (s) => s.cleanup.clean),
  ]
}
