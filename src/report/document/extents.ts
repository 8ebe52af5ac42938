/** How much of a result each kind of place has room for. */
import type { Extent } from '../../kinds/report-document.ts'

/** Not measured, but good to know beside it. */
const ABOUT = ['Expected behaviour', 'Canary series', 'Series', 'Declared in', 'Files of it']
const EVERYTHING = Number.POSITIVE_INFINITY

export const EXTENTS = {
  /** Comments and summaries: the details of two dozen scenarios fit into a comment of GitHub's. */
  brief: {
    leftOut: ['Canary series', 'Declared in'],
    ...{ order: 'urgency', footer: false, openFacts: ['Effect', 'Canary', 'Recovery'], openLogs: 0 },
    ...{ reasonsOfRun: 20, reasons: 10, rows: 60, measures: 30, events: 40, logs: 20 },
    ...{ reasonLength: 1_000, factLength: 300, longFactLength: 2_000, findingLength: 600, eventsLength: 4_000 },
    overviewLength: 160,
  },
  /** A page of its own. */
  full: {
    leftOut: [],
    ...{ order: 'urgency', footer: true, openFacts: ['Effect', 'Canary', 'Recovery'], openLogs: 0 },
    ...{ reasonsOfRun: 50, reasons: 20, rows: 120, measures: 60, events: 200, logs: 50 },
    ...{ reasonLength: 2_000, factLength: 500, longFactLength: 4_000, findingLength: 1_000, eventsLength: 40_000 },
    overviewLength: 160,
  },
  /** Whoever sits there has no fold to open, so logs are named at once; the reasons say what was expected and observed. */
  terminal: {
    leftOut: [],
    ...{ order: 'urgency', footer: false, openFacts: ['Effect'], openLogs: 10 },
    ...{ reasonsOfRun: EVERYTHING, reasons: 10, rows: 0, measures: 0, events: 0, logs: 0 },
    ...{ reasonLength: 2_000, factLength: 500, longFactLength: 500, findingLength: 1_000, eventsLength: 0 },
    overviewLength: 60,
  },
  /** A CI system shows the output of a case beside the others': every clause in full, and what decided, in the order of the run. */
  machine: {
    leftOut: [...ABOUT, 'Targets', 'Measures', 'Exposure', 'Control', 'Cleanup', 'Machine', 'Phases'],
    ...{ order: 'run', footer: false, openFacts: [], openLogs: 0 },
    ...{ reasonsOfRun: EVERYTHING, reasons: EVERYTHING, rows: EVERYTHING, measures: 0, events: 0, logs: 0 },
    ...{ reasonLength: EVERYTHING, factLength: EVERYTHING, longFactLength: EVERYTHING, findingLength: EVERYTHING },
    ...{ eventsLength: 0, overviewLength: EVERYTHING },
  },
} as const satisfies Record<string, Extent>
