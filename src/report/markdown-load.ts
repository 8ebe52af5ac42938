/** One load pattern in Markdown: what went wrong, and, folded, everything that was measured. */
import { markdownCode, markdownHtml, markdownText } from './escape.ts'
import type { LoadOf } from './facts.ts'
import { loadFiguresText, loadFindings, observedText, scopeText } from './load-facts.ts'
import type { LimitOf } from './load-facts.ts'
import { row, VERDICT_MARKS } from './markdown-tables.ts'

const MOST_REASONS = 10
const MOST_LIMITS = 60

/** Shown open. */
export function loadProblem(load: LoadOf): string {
  const parts = [
    `### ${VERDICT_MARKS[load.verdict]} ${markdownText(load.id, 40)} ${markdownText(load.name, 120)}: ${load.verdict}`,
    load.reasons
      .slice(0, MOST_REASONS)
      .map((reason) => `- ${markdownText(reason, 800)}`)
      .join('\n'),
    limits(load.thresholds.filter(({ met, gates }) => gates && met !== true)),
    findings(load),
    `Repeat: ${markdownCode(load.repeatCommand)}`,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

export function loadDetails(load: LoadOf): string {
  const summary = `${markdownHtml(load.id, 40)} ${markdownHtml(load.name, 120)}: details`
  const files = [
    ...(load.series === null ? [] : [`- Series: ${markdownCode(load.series.file)}`]),
    ...load.logs.slice(0, 20).map((log) => `- Log of ${markdownText(log.service, 80)}: ${markdownCode(log.file)}`),
  ]
  const lines = [`- Expected behaviour: ${markdownText(load.expectedBehavior, 500)}`, findings(load), ...files].join('\n')
  const repeat = load.verdict === 'passed' ? `Repeat: ${markdownCode(load.repeatCommand)}` : ''
  const body = [lines, limits(load.thresholds), repeat].filter((part) => part !== '').join('\n\n')
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`
}

function findings(load: LoadOf): string {
  return [loadFiguresText(load), ...loadFindings(load)].map((text) => `- ${markdownText(text, 600)}`).join('\n')
}

function limits(shown: readonly LimitOf[]): string {
  if (shown.length === 0) return ''
  const mark = ({ met, gates }: LimitOf): string => {
    const text = met === null ? 'undecided' : met ? 'met' : gates ? '**missed**' : 'missed'
    return gates ? text : `${text}, shown only`
  }
  const rows = shown
    .slice(0, MOST_LIMITS)
    .map((limit) =>
      row([
        markdownText(limit.text, 300),
        markdownText(scopeText(limit), 200),
        markdownText(observedText(limit), 100),
        `${String(limit.samples)}${limit.samples < limit.neededSamples ? ` (${String(limit.neededSamples)} needed)` : ''}`,
        mark(limit),
      ]),
    )
  return ['| limit | where | observed | samples | |', '|---|---|---|---|---|', ...rows].join('\n')
}
