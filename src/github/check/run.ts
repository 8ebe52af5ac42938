/** The check run, for those who ask for one: under way from the start, with a conclusion and annotations at the end. */
import { z } from 'zod'
import type { RunVerdict } from '../../core/model.ts'
import { consoleText, markdownText } from '../../report/escape.ts'
import { countsText, type Result } from '../../report/facts.ts'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'
import { parseAnswer } from '../client/answers.ts'
import { checkAnnotations, type AnnotationOptions, type CheckAnnotation } from './check-annotations.ts'
import type { Github } from '../client/octokit.ts'

export interface CheckPlace {
  readonly owner: string
  readonly repo: string
  /** Required checks hang on it. */
  readonly name: string
  readonly commit: string
  readonly detailsUrl: string
  /** Tells this run's check from others of its name: run id and attempt. */
  readonly externalId: string
}

export type CheckConclusion = 'success' | 'failure' | 'neutral' | 'cancelled'

/** GitHub takes 65,535 characters of each text. */
const SUMMARY_BUDGET = { characters: 65_000, bytes: 200_000 }
const OUTSIDE_BUDGET = 10_000
const MOST_AT_ONCE = 50
const LONGEST_TITLE = 200

const CHECK = z.object({ id: z.int().positive() })

export async function startCheck(github: Github, place: CheckPlace): Promise<number> {
  const { data } = await github.rest.checks.create({
    ...{ owner: place.owner, repo: place.repo, name: place.name, head_sha: place.commit },
    ...{ status: 'in_progress', details_url: place.detailsUrl, external_id: place.externalId },
    output: { title: 'running', summary: 'chaos-action is running; the verdict will stand here.' },
  })
  return parseAnswer('created check run', CHECK, data).id
}

/** The conclusion goes with the first batch of annotations: should a later one fail, the check run is complete all the same. */
export async function completeCheck(
  github: Github,
  place: CheckPlace,
  checkId: number,
  result: Result,
  options: AnnotationOptions,
): Promise<void> {
  const { inside, outside } = checkAnnotations(result, options)
  const title = consoleText(`${result.verdict}: ${countsText(result)}`, LONGEST_TITLE)
  const output = { title, summary: checkSummary(result, outside) }
  const at = { owner: place.owner, repo: place.repo, check_run_id: checkId }
  const [first = [], ...rest] = batches(inside)
  const conclusion = conclusionOf(result.verdict, options.failOn)
  await github.rest.checks.update({ ...at, status: 'completed', conclusion, output: { ...output, annotations: first } })
  // GitHub adds the annotations of an update to those that are there.
  for (const annotations of rest) await github.rest.checks.update({ ...at, output: { ...output, annotations } })
}

/** For a run without a verdict: a check run that is never completed would hold a pull request back for good. */
export async function abandonCheck(
  github: Github,
  place: CheckPlace,
  checkId: number,
  conclusion: 'cancelled' | 'failure',
  why: string,
): Promise<void> {
  await github.rest.checks.update({
    ...{ owner: place.owner, repo: place.repo, check_run_id: checkId, status: 'completed', conclusion },
    output: { title: 'no verdict', summary: markdownText(why, 2_000) },
  })
}

/** As the job ends: what does not fail it is no failure, and only what passed is a success. */
export function conclusionOf(verdict: RunVerdict, failOn: readonly RunVerdict[]): CheckConclusion {
  if (verdict === 'passed') return 'success'
  return failOn.includes(verdict) ? 'failure' : 'neutral'
}

function checkSummary(result: Result, outside: readonly string[]): string {
  const list = outsideList(outside)
  return (
    render(markdown, result, {
      characters: SUMMARY_BUDGET.characters - list.length,
      bytes: SUMMARY_BUDGET.bytes - Buffer.byteLength(list),
    }) + list
  )
}

/** What is not in the repository cannot be annotated, and is named here instead. */
function outsideList(outside: readonly string[]): string {
  if (outside.length === 0) return ''
  const lines: string[] = ['\n### Not in this repository']
  let left = OUTSIDE_BUDGET
  for (const [index, text] of outside.entries()) {
    const line = `- ${markdownText(text)}`
    left -= line.length
    if (left < 0) {
      lines.push(`- and ${outside.length - index} more`)
      break
    }
    lines.push(line)
  }
  return `${lines.join('\n')}\n`
}

function batches(annotations: readonly CheckAnnotation[]): CheckAnnotation[][] {
  const count = Math.ceil(annotations.length / MOST_AT_ONCE)
  return Array.from({ length: count }, (_, index) => annotations.slice(index * MOST_AT_ONCE, (index + 1) * MOST_AT_ONCE))
}
