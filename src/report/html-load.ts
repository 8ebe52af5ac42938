/** One load pattern in HTML: what went wrong, and, folded, everything that was measured. */
import type { LoadOf } from './facts.ts'
import { element, facts, folded, list, markup, repeatCommand, shown, table, type Html } from './html-kit.ts'
import { logFiles } from './html-scenario.ts'
import { verdictBadge } from './html-tables.ts'
import { loadFiguresText, loadFindings, observedText, scopeText, type LimitOf } from './load-facts.ts'

const MOST_REASONS = 20
const MOST_LIMITS = 120

/** Shown open. */
export function loadProblem(load: LoadOf): Html {
  return element('section', { class: load.verdict }, [
    markup`<h2>${shown(load.id, 40)} ${shown(load.name, 120)}: ${verdictBadge(load.verdict)}</h2>`,
    list(load.reasons.slice(0, MOST_REASONS).map((reason) => shown(reason, 2_000))),
    limits(load.thresholds.filter(({ met, gates }) => gates && met !== true)),
    findings(load),
    repeatCommand(load.repeatCommand),
  ])
}

export function loadDetails(load: LoadOf, anchor: string): Html {
  const summary = markup`${shown(load.id, 40)} ${shown(load.name, 120)} ${verdictBadge(load.verdict)}`
  const about = facts([
    ['Expected behaviour', load.expectedBehavior],
    ['Series', load.series === null ? '' : load.series.file],
    ['Logs', logFiles(load.logs)],
    ['Declared in', `${load.source.file}:${String(load.source.line)}`],
  ])
  const repeat = load.verdict === 'passed' ? [repeatCommand(load.repeatCommand)] : []
  return folded(summary, [about, findings(load), limits(load.thresholds), ...repeat], anchor)
}

function findings(load: LoadOf): Html {
  return list([loadFiguresText(load), ...loadFindings(load)].map((text) => shown(text, 1_000)))
}

function limits(those: readonly LimitOf[]): Html {
  return table(
    ['limit', 'where', 'observed', 'samples', 'met'],
    those
      .slice(0, MOST_LIMITS)
      .map((limit) => [
        shown(limit.text, 300),
        shown(scopeText(limit), 200),
        shown(observedText(limit), 100),
        shown(
          `${String(limit.samples)}${limit.samples < limit.neededSamples ? ` (${String(limit.neededSamples)} needed)` : ''}`,
          60,
        ),
        metBadge(limit),
      ]),
  )
}

function metBadge({ met, gates }: LimitOf): Html {
  const text = met === null ? 'undecided' : met ? 'met' : 'missed'
  if (!gates) return markup`<span class="soft">${text}, shown only</span>`
  return markup`<b class="verdict ${met === null ? 'inconclusive' : met ? 'passed' : 'failed'}">${text}</b>`
}
