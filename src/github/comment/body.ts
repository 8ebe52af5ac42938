/** The text of the comment, by the state of its run. Within what GitHub takes, whatever the result holds. */
import { markdownText } from '../../report/escape.ts'
import { duration, type Result } from '../../report/facts.ts'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'
import { encodeMarker, type CommentMarker } from './marker.ts'

/** GitHub takes 65,536 characters, and keeps them in 262,144 bytes. */
export const COMMENT_BUDGET = { characters: 65_000, bytes: 262_000 }

export interface CommentFacts {
  readonly marker: CommentMarker
  /** Which comment this is, for people: `chaos / run (profile=quick)`. */
  readonly title: string
  readonly runUrl: string
  readonly artifactUrl?: string | null
  readonly reportUrl?: string | null
}

/** `plannedMs`: null where nobody knows yet. */
export function runningBody(facts: CommentFacts, plannedMs: number | null): string {
  const planned = plannedMs === null ? '' : `, planned for ${duration(plannedMs)}`
  return compose(facts, `⏳ **chaos-action is running**${planned}. The verdict will stand here.`)
}

export function supersededBody(facts: CommentFacts): string {
  return compose(facts, '⏹️ **superseded**: the run was cancelled before it had a verdict. Nothing was shown.')
}

/** For a run that has ended and has no result, or none that could be believed. `why` may be a stranger's text. */
export function noVerdictBody(facts: CommentFacts, why: string): string {
  return compose(facts, `💥 **no verdict**: ${markdownText(why, 1_500)}. Nothing was shown.`)
}

export function doneBody(facts: CommentFacts, result: Result): string {
  const rest = compose(facts, '')
  return compose(
    facts,
    render(markdown, result, {
      characters: COMMENT_BUDGET.characters - rest.length,
      bytes: COMMENT_BUDGET.bytes - Buffer.byteLength(rest),
    }),
  )
}

function compose(facts: CommentFacts, text: string): string {
  return `${encodeMarker(facts.marker)}\n${text.trimEnd()}\n\n${footer(facts)}\n`
}

function footer(facts: CommentFacts): string {
  const { marker } = facts
  const links = [
    link('run', facts.runUrl),
    link('all results', facts.artifactUrl ?? null),
    link('report', facts.reportUrl ?? null),
  ].filter((one) => one !== null)
  return [`Judged commit \`${marker.commit.slice(0, 7)}\``, ...links, markdownText(facts.title, 300)].join(' · ')
}

const LONGEST_URL = 2_000

/** null for what is no web address; a bracket in it would end the link. */
function link(text: string, address: string | null): string | null {
  const url = address === null || address.length > LONGEST_URL ? null : URL.parse(address)
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return null
  const safe = url.href.replace(/[()[\]<>"'`|*_~\\]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return `[${text}](${safe})`
}
