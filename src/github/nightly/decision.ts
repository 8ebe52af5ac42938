/** What to do about the nightly's issue. Pure: issue.ts carries it out. */
import { createHash } from 'node:crypto'
import { markdownText } from '../../report/escape.ts'
import { isProblem, type Result } from '../../report/facts.ts'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'
import { compareRuns, type RunOrder } from '../comment/marker.ts'

export interface NightlyMarker extends RunOrder {
  /** One issue for each key: the nightly's workflow. */
  readonly key: string
  /** Of the set of failures, whatever their order. */
  readonly failures: string
}

/** An open issue of our own author that carries our key. */
export interface OwnIssue {
  readonly number: number
  readonly body: string
  readonly url: string
  readonly marker: NightlyMarker
}

export interface RedNight {
  readonly title: string
  /** Markdown. */
  readonly text: string
  /** What is red, as names that stay the same from night to night. */
  readonly failures: readonly string[]
}

export interface NightlyWish {
  readonly key: string
  /**
   * Of the nightly that this is about. A watchdog names the last one that it saw, so that whichever finishes next is newer;
   * both are 0 when there never was one.
   */
  readonly run: RunOrder
  readonly runUrl: string
  /** null: it is green. */
  readonly red: RedNight | null
}

export type NightlyDecision =
  | { readonly kind: 'open' }
  /** `tell`: another set of failures deserves a comment; the same one again does not. `close`: further issues of the key. */
  | { readonly kind: 'update'; readonly issue: OwnIssue; readonly tell: boolean; readonly close: readonly OwnIssue[] }
  | { readonly kind: 'close'; readonly issues: readonly OwnIssue[] }
  | { readonly kind: 'keep'; readonly why: string }

const PATTERN =
  /^<!-- chaos-action:nightly v1 key=([A-Za-z0-9+/]{1,800}={0,2}) run=(\d{1,15}) attempt=(\d{1,15}) failures=([0-9a-f]{16}) -->/
const BODY_BUDGET = { characters: 60_000, bytes: 240_000 }

export function decideNightly(own: readonly OwnIssue[], wish: NightlyWish): NightlyDecision {
  const [first, ...others] = [...own].sort((a, b) => a.number - b.number)
  if (first === undefined) return wish.red === null ? { kind: 'keep', why: 'no issue is open' } : { kind: 'open' }
  if (own.some(({ marker }) => compareRuns(marker, wish.run) > 0))
    return { kind: 'keep', why: 'a newer nightly has written the issue' }
  if (wish.red === null) return { kind: 'close', issues: [first, ...others] }
  return { kind: 'update', issue: first, tell: first.marker.failures !== hashOf(wish.red.failures), close: others }
}

export function encodeNightly(wish: NightlyWish, red: RedNight): string {
  const key = Buffer.from(wish.key).toString('base64')
  const { runId, runAttempt } = wish.run
  return `<!-- chaos-action:nightly v1 key=${key} run=${runId} attempt=${runAttempt} failures=${hashOf(red.failures)} -->`
}

export function parseNightly(body: string): NightlyMarker | null {
  const match = PATTERN.exec(body)
  if (match === null) return null
  const [, key = '', runId, runAttempt, failures = ''] = match
  return { key: Buffer.from(key, 'base64').toString('utf8'), runId: Number(runId), runAttempt: Number(runAttempt), failures }
}

/** What a red result says in the issue; null when it is green. */
export function redNight(result: Result): RedNight | null {
  if (result.verdict === 'passed') return null
  const entries = [...result.scenarios, ...result.load].filter(isProblem)
  const failures = entries.map(({ id, verdict }) => `${id} ${verdict}`)
  return {
    title: `Nightly chaos run: ${result.verdict}`,
    text: render(markdown, result, BODY_BUDGET),
    failures: failures.length === 0 ? [`run ${result.verdict}`] : failures,
  }
}

const MOST_NAMED = 30

export function failuresText(failures: readonly string[]): string {
  const named = failures.slice(0, MOST_NAMED).map((one) => markdownText(one, 120))
  const more = failures.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function hashOf(failures: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([...new Set(failures)].sort()))
    .digest('hex')
    .slice(0, 16)
}
