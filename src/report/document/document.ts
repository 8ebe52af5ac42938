/** The one place that decides what is told of a result, in which order, and how much of it. */
import type { Verdict } from '../../core/model.ts'
import type { Block, Extent, Headline, ReportDocument } from '../../kinds/report-document.ts'
import { byUrgency, caveats, countsText, duration, judgedText, type Result } from '../facts.ts'
import { code, fact, line, lines, list, mark, table } from './blocks.ts'
import { LOAD_HEADINGS, loadEntry } from './load.ts'
import { SCENARIO_HEADINGS, scenarioEntry } from './scenario.ts'

export function documentOf(result: Result, extent: Extent): ReportDocument {
  const { run } = result
  return {
    title: `${result.verdict} – ${line(subject(result).join(' '), 100)} – chaos-action`,
    startedAt: run.startedAt,
    durationMs: run.durationMs,
    headline: headline(result, extent),
    caveats: caveats(result).map((text) => line(text, extent.reasonLength)),
    reasons: lines(result.reasons, extent.reasonsOfRun, extent.reasonLength),
    scenarios: {
      ...{ heading: 'All scenarios', headings: SCENARIO_HEADINGS },
      entries: ordered(result.scenarios, extent).map((one, index) => scenarioEntry(one, extent, `scenario-${index + 1}`)),
    },
    load: {
      ...{ heading: 'Load', headings: LOAD_HEADINGS },
      entries: ordered(result.load, extent).map((one, index) => loadEntry(one, extent, `load-${index + 1}`)),
    },
    appendix: [...criteria(result), ...images(result, extent)],
    footer: extent.footer ? [footer(result)] : [],
  }
}

function ordered<T extends { readonly verdict: Verdict }>(entries: readonly T[], { order }: Extent): readonly T[] {
  return order === 'urgency' ? byUrgency(entries) : entries
}

function headline(result: Result, { reasonLength }: Extent): Headline {
  const { run, verdict } = result
  const [label, system] = subject(result)
  const about = [
    ['profile', run.profile],
    ...(run.seed === null ? [] : [['seed', String(run.seed)] as const]),
    [label, line(system, 200)],
    ['', `${duration(run.durationMs)} (planned ${duration(run.plannedMs)})`],
    ['run', line(run.id, 60)],
  ] as const
  return {
    kind: 'headline',
    verdict,
    counts: countsText(result),
    judged: line(judgedText(result), reasonLength),
    about: about.map(([name, text]) => ({ label: name, text })),
  }
}

function subject({ run }: Result): readonly [label: string, system: string] {
  return run.address === null ? ['stack', run.stack] : ['load on', run.address]
}

function criteria({ criteria: all }: Result): Block[] {
  if (all.length === 0) return []
  const items = all.map(({ text, met }) => [`${line(text, 500)}:`, mark(met, ['yes', 'no', 'not judged'])])
  return [{ kind: 'heading', text: 'Criteria' }, ...list(items)]
}

function images({ run }: Result, { factLength }: Extent): Block[] {
  if (run.images.length === 0) return []
  const rows = run.images.map(({ service, image, reference }) => ({
    cells: [line(service, 80), code(image, factLength), reference ? 'built-in' : 'yours'],
  }))
  return [
    { kind: 'folded', title: 'Images', verdict: null, anchor: 'images', blocks: table(['service', 'image', 'whose'], rows) },
  ]
}

function footer({ run, tool }: Result): Block {
  const facts = [fact('Started', run.startedAt, 100), fact('Written by', `${tool.name} ${tool.version}`, 100)]
  return { kind: 'footer', facts }
}
