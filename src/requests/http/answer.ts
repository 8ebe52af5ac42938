/** Whether an answer is a good one by the descriptor's rules. */
import type { JSONValue } from '@jmespath-community/jmespath'
import { parseJson } from '../../core/json.ts'
import { bodyProblem, partOf } from '../shared/good-body.ts'
import { dataOf, errorIn, eventsOf } from './events.ts'
import type { FirstAnswers } from './first-answers.ts'
import { bounded } from '../../kinds/bounded.ts'
import { compiled } from '../../kinds/pattern.ts'
import type { HttpRequestSpec } from './spec.ts'
import type { Turn } from './turn.ts'
import { fillKnown } from '../../core/variables.ts'

export interface WholeAnswer {
  readonly status: number | null
  readonly contentType: string
  readonly body: string
}

/** What an answer is held against beside its own rules. */
export interface Asked {
  readonly turn: Turn
  readonly first: FirstAnswers
  /** Of the entry. */
  readonly baseUrl: string
}

const MOST_SHOWN = 80
/** All else waits for it, the canary included. */
const MATCH_LIMIT_MS = 100

export interface AnswerProblem {
  readonly reason: string
  /** It keeps all rules, and is another answer than that to what was asked. */
  readonly isWrong: boolean
}

/** null when the answer is good, else what it missed. What a good answer says is kept where later ones must say the same. */
export function answerProblem({ good }: HttpRequestSpec, answer: WholeAnswer, asked: Asked): AnswerProblem | null {
  const { value, problem, isWhole = false } = readAnswer(good, answer)
  // A stream that tells its proper end says that all is well.
  if (problem !== null) return { reason: problem, isWrong: isWhole && (good.sse?.end ?? null) !== null }
  const difference = differenceOf(good, value, asked)
  return difference === null ? null : { reason: difference, isWrong: true }
}

/** Id of the job that was done for a good answer; null where it tells none. */
export function jobOf({ job, good }: HttpRequestSpec, answer: WholeAnswer): string | null {
  if (job === null) return null
  const part = partOf(readAnswer(good, answer).value, job)
  return typeof part === 'string' || typeof part === 'number' ? String(part) : null
}

function readAnswer(good: HttpRequestSpec['good'], answer: WholeAnswer): Read {
  const told = (problem: string): Read => ({ value: null, problem })
  if (!good.status.some((status) => status === answer.status)) return told(`status ${String(answer.status)}`)
  const { body } = answer
  if (good.body_contains !== null && !body.includes(good.body_contains))
    return told(`the body has no ${short(good.body_contains)}`)
  const unlike = good.body_regex === null ? null : unlikeness(body, good.body_regex)
  if (unlike !== null) return told(unlike)
  const read = good.sse === null ? plain(body, good) : streamed(answer, good.sse.end)
  if (read.problem !== null || good.body_matches === null) return read
  return { value: read.value, problem: bodyProblem(read.value, good.body_matches), isWhole: true }
}

function unlikeness(body: string, pattern: string): string | null {
  const matched = bounded(MATCH_LIMIT_MS, () => compiled(pattern).test(body))
  if (matched === null)
    return `the body could not be matched within ${MATCH_LIMIT_MS} ms: let nothing that repeats hold a repetition in ${pattern}`
  return matched.value ? null : `the body does not match ${pattern}`
}

function differenceOf(good: HttpRequestSpec['good'], value: JSONValue, { turn, first, baseUrl }: Asked): string | null {
  for (const [path, wanted] of Object.entries(good.echoes)) {
    const sent = fillKnown(wanted, turn.values)
    const part = partOf(value, path)
    if (textOf(part) !== sent) return `${path} is ${short(part)} in place of what was sent, ${short(sent)}`
  }
  if (good.same === null) return null
  const differs = first.differs(`${baseUrl} ${turn.key}`, partOf(value, good.same))
  return differs === null ? null : `${good.same} is not what the same request was answered at first: ${differs}`
}

interface Read {
  readonly value: JSONValue
  readonly problem: string | null
  /** It came to its own end, and tells no error. */
  readonly isWhole?: true
}

/** JSON where it is JSON; else the text itself, which no rule for JSON is for. */
function plain(body: string, { body_matches: matches, echoes }: HttpRequestSpec['good']): Read {
  const parsed = parseJson(body) as JSONValue | undefined
  const isNeeded = matches !== null || Object.keys(echoes).length > 0
  return { value: parsed ?? body, problem: parsed === undefined && isNeeded ? 'the body is not JSON' : null }
}

function streamed({ contentType, body }: WholeAnswer, end: string | null): Read {
  if (!/^text\/event-stream\s*(?:;|$)/i.test(contentType))
    return { value: null, problem: `content-type ${short(contentType)} and no stream of events` }
  const events = eventsOf(body)
  const value = { events: events.map(dataOf) as JSONValue[] }
  const error = events.map(errorIn).find((one) => one !== null)
  if (error !== undefined) return { value, problem: `the stream tells an error: ${short(error)}` }
  const isWhole = end === null ? events.length > 0 : events.at(-1)?.data === end
  return { value, problem: isWhole ? null : `the stream ended without ${end ?? 'an event'}` }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function short(value: unknown): string {
  const text = textOf(value)
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)
}
