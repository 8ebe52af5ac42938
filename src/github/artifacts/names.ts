/** Names of artifacts. A run has no two of a name, so every attempt and every job of a matrix has its own. */
import { createHash } from 'node:crypto'

export const DEFAULT_ARTIFACT_NAME = 'chaos-results'

export interface ArtifactIdentity {
  /** The input artifact-name; `isArtifactName` holds. */
  readonly base: string
  /** The job's matrix as JSON; '' for a job without one. */
  readonly matrix: string
  /** GITHUB_RUN_ATTEMPT, from 1. */
  readonly attempt: number
}

export interface ArtifactNames {
  readonly results: string
  /** Of the HTML report's file: without an archive the artifact is named after it. */
  readonly report: string
}

/** Stricter than GitHub, which takes all but `":<>|*?\/` and newlines: a name goes into URLs, paths and patterns. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const LONGEST_WORDS = 40
const HASH_DIGITS = 8

export const ARTIFACT_NAME_RULE = 'letters, digits, ".", "_" and "-", at most 64, the first a letter or a digit'

export function isArtifactName(name: string): boolean {
  return NAME.test(name)
}

/** `chaos-results-ubuntu-latest-1a2b3c4d-2` and `chaos-report-ubuntu-latest-1a2b3c4d-2.html`. */
export function artifactNames({ base, matrix, attempt }: ArtifactIdentity): ArtifactNames {
  const tail = [matrixSlug(matrix), String(attempt)].filter((part) => part !== '').join('-')
  const report = base === DEFAULT_ARTIFACT_NAME ? 'chaos-report' : `${base}-report`
  return { results: `${base}-${tail}`, report: `${report}-${tail}.html` }
}

/** The same matrix has the same slug in every attempt; '' for none. Its words are for people, its hash tells jobs apart. */
export function matrixSlug(matrix: string): string {
  const parsed = parsedMatrix(matrix)
  if (parsed === null) return ''
  const words = leaves(parsed)
    .join('-')
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, LONGEST_WORDS)
    .replace(/[-.]+$/, '')
  const hash = createHash('sha256').update(JSON.stringify(parsed)).digest('hex').slice(0, HASH_DIGITS)
  return words === '' ? hash : `${words}-${hash}`
}

/**
 * What `artifactNames` made the name of; null for other names. A base that begins with another base and a dash is found
 * as a job of that one.
 */
export function parseArtifactName(name: string, base: string): { readonly slug: string; readonly attempt: number } | null {
  if (!name.startsWith(`${base}-`)) return null
  const match = /^(?:((?:[A-Za-z0-9._][A-Za-z0-9._-]{0,39}-)?[0-9a-f]{8})-)?([1-9]\d{0,8})$/.exec(name.slice(base.length + 1))
  return match === null ? null : { slug: match[1] ?? '', attempt: Number(match[2]) }
}

/** With sorted keys, so that neither their order nor blanks make another matrix. null: there is no matrix. */
function parsedMatrix(matrix: string): unknown {
  const text = matrix.trim()
  if (text === '') return null
  try {
    const value = sorted(JSON.parse(text))
    return typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? null : value
  } catch {
    return text
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

function leaves(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves)
  return typeof value === 'string' ? [value] : [JSON.stringify(value)]
}
