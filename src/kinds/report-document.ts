/** What a report says before it is laid out: text that nobody has escaped yet, and structure; nothing of any medium. */
import type { RunVerdict, Verdict } from '../core/model.ts'

/** A line of text, or one that a medium may set off: a file or command, a verdict, a mark, a way to a fold of the page. */
export type Inline =
  | string
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'verdict'; readonly text: Verdict }
  | Mark
  | { readonly kind: 'link'; readonly text: string; readonly anchor: string }

/** Whether something was met, in a word; 'soft' for what decides nothing. */
export interface Mark {
  readonly kind: 'mark'
  readonly text: string
  readonly tone: 'passed' | 'failed' | 'inconclusive' | 'soft'
}

export interface Fact {
  /** May be a stranger's text, as that of the log of a service. */
  readonly label: string
  readonly value: Inline
}

export interface Row {
  readonly cells: readonly Inline[]
  /** The same in one line, where more must be said than the cells one after the other. */
  readonly line?: string
}

/** The verdict and whose code was judged: they come first, as nobody should have to look for either. */
export interface Headline {
  readonly kind: 'headline'
  readonly verdict: RunVerdict
  readonly judged: string
  /** How many of which verdict, in words. */
  readonly counts: string
  /** A label is empty where the text says by itself what it is. */
  readonly about: readonly { readonly label: string; readonly text: string }[]
}

/** What an entry is told in. */
export type Detail =
  | { readonly kind: 'paragraph'; readonly tone: 'caveat' | 'soft'; readonly text: string }
  /** The parts of an item have a space between them. */
  | { readonly kind: 'list'; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'table'; readonly headings: readonly string[]; readonly rows: readonly Row[] }
  /** Text with its newlines; the label is empty where it needs none. */
  | { readonly kind: 'preformatted'; readonly label: string; readonly text: string }

/** A part of the page. */
export type Block =
  | Detail
  | Headline
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'section'; readonly title: string; readonly verdict: Verdict; readonly blocks: readonly Detail[] }
  | {
      readonly kind: 'folded'
      readonly title: string
      readonly verdict: Verdict | null
      /** Of our own making, unlike any other on the page. */
      readonly anchor: string
      readonly blocks: readonly Detail[]
    }
  | { readonly kind: 'footer'; readonly facts: readonly Fact[] }

/** One scenario or load pattern. */
export interface Entry {
  readonly title: string
  readonly suite: string
  readonly verdict: Verdict
  readonly durationMs: number
  /** In the table of all. */
  readonly row: Row
  readonly reasons: readonly string[]
  /** What is told without a click, after the reasons and before how to repeat it. */
  readonly open: readonly Detail[]
  readonly repeat: Detail
  /** Everything that was measured. */
  readonly details: readonly Detail[]
  readonly anchor: string
}

/** All scenarios, or all load patterns, with the headings of their rows. */
export interface Group {
  readonly heading: string
  readonly headings: readonly string[]
  readonly entries: readonly Entry[]
}

export interface ReportDocument {
  readonly title: string
  readonly startedAt: string
  readonly durationMs: number
  readonly headline: Headline
  readonly caveats: readonly string[]
  readonly reasons: readonly string[]
  readonly scenarios: Group
  readonly load: Group
  readonly appendix: readonly Block[]
  readonly footer: readonly Block[]
}

/** What of a result has room in a format. Numbers are upper limits: of entries, or of characters as UTF-16 units. */
export interface Extent {
  /** The worst news first, or as they were run. */
  readonly order: 'urgency' | 'run'
  readonly footer: boolean
  /** Labels of facts that are not told at all. */
  readonly leftOut: readonly string[]
  /** Labels of the facts of a problem that are told in the open. */
  readonly openFacts: readonly string[]
  readonly openLogs: number
  readonly reasonsOfRun: number
  readonly reasons: number
  /** Of clauses, or of limits. */
  readonly rows: number
  readonly measures: number
  readonly events: number
  readonly logs: number
  readonly reasonLength: number
  readonly factLength: number
  /** Of a fact that is a list: targets, measures, phases, what is left over. */
  readonly longFactLength: number
  /** Of what was observed, or found of a load. */
  readonly findingLength: number
  readonly eventsLength: number
  readonly overviewLength: number
}

/** The fullest first. */
export const LEVELS = ['details', 'problems', 'table', 'verdict'] as const
export type Level = (typeof LEVELS)[number]
