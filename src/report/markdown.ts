/** `summary.md`: the job summary and, later, the comment. Pure; degrades in steps to fit its byte budget. */
import { markdownText, truncate } from './escape.ts'
import { caveats, countsText, duration, isProblem, byUrgency, judgedText, type Result } from './facts.ts'
import { loadDetails, loadProblem } from './markdown-load.ts'
import { scenarioDetails, scenarioProblem } from './markdown-scenario.ts'
import { loadTable, scenarioTable, VERDICT_MARKS } from './markdown-tables.ts'

export interface MarkdownOptions {
  /** Bytes of UTF-8 that the text may have at most. */
  readonly maxBytes: number
}

type Level = 'details' | 'problems' | 'table' | 'verdict'
const LEVELS: readonly Level[] = ['details', 'problems', 'table', 'verdict']

const SHORTENED: Record<Level, string | null> = {
  details: null,
  problems: 'Shortened to fit: the details of each scenario are in `result.json`.',
  table: 'Shortened to fit: expected and observed are in `result.json`.',
  verdict: 'Shortened to fit: everything else is in `result.json`.',
}

export function renderMarkdown(result: Result, options: MarkdownOptions): string {
  for (const level of LEVELS) {
    const text = render(result, level)
    if (Buffer.byteLength(text) <= options.maxBytes) return text
  }
  return cutToBytes(verdictLine(result), options.maxBytes)
}

function render(result: Result, level: Level): string {
  const parts = [verdictLine(result), factsLine(result), ...caveats(result).map((text) => `> **${markdownText(text)}**`)]
  const shortened = SHORTENED[level]
  if (shortened !== null) parts.push(`_${shortened}_`)
  if (level === 'verdict') return join(parts)
  if (result.reasons.length > 0)
    parts.push(
      result.reasons
        .slice(0, 20)
        .map((reason) => `- ${markdownText(reason, 1_000)}`)
        .join('\n'),
    )
  const scenarios = byUrgency(result.scenarios)
  const patterns = byUrgency(result.load)
  if (level !== 'table')
    parts.push(...scenarios.filter(isProblem).map(scenarioProblem), ...patterns.filter(isProblem).map(loadProblem))
  if (scenarios.length > 0) parts.push('### All scenarios', scenarioTable(scenarios))
  if (patterns.length > 0) parts.push('### Load', loadTable(patterns))
  if (level === 'details')
    parts.push(...scenarios.map(scenarioDetails), ...patterns.map(loadDetails), criteria(result), images(result))
  return join(parts)
}

/** The verdict and whose code was judged stand on the first line: nobody should have to look for either. */
function verdictLine(result: Result): string {
  return `## ${VERDICT_MARKS[result.verdict]} ${result.verdict} — judged: ${markdownText(judgedText(result), 600)}`
}

function factsLine(result: Result): string {
  const { run } = result
  return [
    countsText(result),
    `profile ${run.profile}`,
    ...(run.seed === null ? [] : [`seed ${String(run.seed)}`]),
    run.address === null ? `stack ${markdownText(run.stack, 100)}` : `load on ${markdownText(run.address, 200)}`,
    `${duration(run.durationMs)} (planned ${duration(run.plannedMs)})`,
    `run ${markdownText(run.id, 60)}`,
  ].join(' · ')
}

function criteria(result: Result): string {
  if (result.criteria.length === 0) return ''
  const mark = (met: boolean | null): string => (met === null ? 'not judged' : met ? 'yes' : '**no**')
  return result.criteria.map((one) => `- ${markdownText(one.text)}: ${mark(one.met)}`).join('\n')
}

function images(result: Result): string {
  if (result.run.images.length === 0) return ''
  const rows = result.run.images.map(
    (image) =>
      `| ${markdownText(image.service, 80)} | ${markdownText(image.image, 200)} | ${image.reference ? 'built-in' : 'yours'} |`,
  )
  return `<details><summary>Images</summary>\n\n| service | image | whose |\n|---|---|---|\n${rows.join('\n')}\n\n</details>`
}

function join(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function cutToBytes(text: string, maxBytes: number): string {
  let cut = text
  while (cut !== '' && Buffer.byteLength(cut) > maxBytes) {
    cut = truncate(cut, Math.min(cut.length - 1, Math.max(0, cut.length - Math.ceil((Buffer.byteLength(cut) - maxBytes) / 4))))
    if (cut === '…' && maxBytes < 3) return ''
  }
  return cut
}
