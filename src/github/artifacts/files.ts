/**
 * Which files of the results folder go up: those that the result names, so that whatever else lies there (an earlier run,
 * a workspace) stays where it is.
 */
import { consoleText } from '../../report/escape.ts'
import type { Result } from '../../report/facts.ts'
import { FORMATS } from '../../report/formats/registry.ts'

export const LOGS_POLICIES = ['on-failure', 'always', 'never'] as const
export type LogsPolicy = (typeof LOGS_POLICIES)[number]

export interface ArtifactLimits {
  readonly files: number
  readonly fileBytes: number
  readonly totalBytes: number
}

export const ARTIFACT_LIMITS: ArtifactLimits = { files: 5_000, fileBytes: 64 * 1024 ** 2, totalBytes: 200 * 1024 ** 2 }

export interface SizedFile {
  /** Below the results folder. */
  readonly path: string
  readonly bytes: number
}

/** Goes up by itself, as what lies in an archive opens from no link. */
export const REPORT_FILE = 'report.html'
const RENDERED = FORMATS.flatMap(({ file }) => (file === null || file === REPORT_FILE ? [] : [file]))
/** The last to be left out. */
const ESSENTIAL: ReadonlySet<string> = new Set(['result.json', ...RENDERED])
/** A run that was merged or reported again has no log of its own. */
const OPTIONAL: ReadonlySet<string> = new Set(['run.log'])
const MOST_NAMED = 10

/** Paths below the results folder, without repetition. Container logs of a run that passed go up with `always` only. */
export function artifactPaths(result: Result, logs: LogsPolicy): string[] {
  const withLogs = logs === 'always' || (logs === 'on-failure' && result.verdict !== 'passed')
  // What was run once more has files of its own.
  const scenarios = result.scenarios.flatMap((one) => (one.confirmation === null ? [one] : [one, one.confirmation]))
  const entries = [...scenarios, ...result.load]
  return [
    ...new Set([
      ...ESSENTIAL,
      ...OPTIONAL,
      ...entries.flatMap((entry) => (entry.series === null ? [] : [entry.series.file])),
      // k6's own log is no container's log: it belongs to the series.
      ...result.load.flatMap((load) => load.logs.map((log) => log.file)),
      ...(withLogs ? scenarios.flatMap((scenario) => scenario.logs.map((log) => log.file)) : []),
    ]),
  ]
}

export function isOptional(path: string): boolean {
  return OPTIONAL.has(path)
}

/** The largest are left out first, and named in a warning. The order of those that stay is that of `files`. */
export function fitToLimits(
  files: readonly SizedFile[],
  limits: ArtifactLimits,
): { readonly kept: readonly SizedFile[]; readonly warnings: readonly string[] } {
  const tooMany = new Set(files.slice(limits.files))
  const tooLarge = new Set(files.filter((file) => file.bytes > limits.fileBytes && !tooMany.has(file)))
  const rest = files.filter((file) => !tooMany.has(file) && !tooLarge.has(file))
  const overTotal = largestOver(rest, limits.totalBytes)
  return {
    kept: rest.filter((file) => !overTotal.has(file)),
    warnings: [
      ...leftOut(`an artifact holds ${limits.files} files at most`, tooMany),
      ...leftOut(`a file may have ${sizeText(limits.fileBytes)} at most`, tooLarge),
      ...leftOut(`all files together may have ${sizeText(limits.totalBytes)} at most`, overTotal),
    ],
  }
}

function largestOver(files: readonly SizedFile[], totalBytes: number): Set<SizedFile> {
  const rank = (file: SizedFile): number => (ESSENTIAL.has(file.path) ? 1 : 0)
  const order = [...files].sort((a, b) => rank(a) - rank(b) || b.bytes - a.bytes || a.path.localeCompare(b.path))
  const dropped = new Set<SizedFile>()
  let total = files.reduce((sum, file) => sum + file.bytes, 0)
  for (const file of order) {
    if (total <= totalBytes) break
    dropped.add(file)
    total -= file.bytes
  }
  return dropped
}

function leftOut(why: string, files: ReadonlySet<SizedFile>): string[] {
  if (files.size === 0) return []
  const named = [...files].sort((a, b) => b.bytes - a.bytes).slice(0, MOST_NAMED)
  const texts = named.map((file) => `${consoleText(file.path, 200)} (${sizeText(file.bytes)})`)
  const more = files.size > named.length ? ` and ${files.size - named.length} more` : ''
  return [`left out of the artifact, as ${why}: ${texts.join(', ')}${more}`]
}

function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_024 ** 2 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_024 ** 2).toFixed(1)} MiB`
}
