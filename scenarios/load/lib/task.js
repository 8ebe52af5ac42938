// One task of a user, and what became of it. k6 gives the address and the token by its environment.
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Rate, Trend } from 'k6/metrics'

/** Longer than any limit that a pattern sets: what takes longer has failed, and k6 is not to say so before. */
const DEADLINE = '60s'
/** A system that turns a request away must do so within this time for it to count as turned away in order. */
const REFUSAL_LIMIT_MS = 5_000

export const errors = new Rate('errors')
export const tasks = new Counter('tasks')
export const taskDuration = new Trend('task_duration', true)

const ok = http.expectedStatuses(200)

/**
 * Sends one task and judges its answer: `served` (200, and the whole of what was asked for), `rejected` (503 with
 * Retry-After, in time), or `failed`. Rejected and failed are both errors.
 */
export function sendTask({ maxTokens, prompt = 'Tell me about bees.' }) {
  return judged(post({ prompt, max_tokens: maxTokens, stream: false }), (body) => isWhole(body, maxTokens))
}

/** The same, answered piece by piece. k6 hands a body over when it has ended: the times are those of the last piece. */
export function streamTask({ maxTokens, prompt = 'Tell me about bees.' }) {
  return judged(post({ prompt, max_tokens: maxTokens, stream: true }), (body) => isWholeStream(body, maxTokens))
}

function post(fields) {
  const body = JSON.stringify({ model: 'tinyllama', temperature: 0, ...fields })
  return http.post(`${__ENV.BASE_URL}/v2/tasks`, body, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${__ENV.LLORCH_API_TOKEN}` },
    timeout: DEADLINE,
    responseCallback: ok,
    tags: { name: 'POST /v2/tasks' },
  })
}

function judged(response, isAll) {
  const outcome = outcomeOf(response, isAll)
  errors.add(outcome !== 'served', { outcome })
  taskDuration.add(response.timings.duration, { outcome })
  countTask(outcome, response.headers['X-Task-Id'])
  return outcome
}

/** The id as metadata: as a tag each would be a time series of its own. It is held against the system's list of finished jobs. */
function countTask(outcome, id) {
  const { metadata } = exec.vu.metrics
  if (outcome === 'served' && id !== undefined) metadata.task_id = id
  tasks.add(1, { outcome })
  delete metadata.task_id
}

function outcomeOf(response, isAll) {
  if (response.status === 503) {
    const inOrder = response.headers['Retry-After'] !== undefined && response.timings.duration <= REFUSAL_LIMIT_MS
    return inOrder ? 'rejected' : 'failed'
  }
  return response.status === 200 && isAll(response.body) ? 'served' : 'failed'
}

/** A 200 may hold an error, or half of an answer. */
function isWhole(body, maxTokens) {
  try {
    const answer = JSON.parse(body)
    return answer.error === undefined && answer.tokens === maxTokens && answer.text.length > 0
  } catch {
    return false
  }
}

/** A stream that was cut, or told of a failure, has no such end. */
function isWholeStream(body, maxTokens) {
  const events = body.split('\n\n')
  if (events.pop() !== '' || events.pop() !== 'data: [DONE]') return false
  try {
    const { type, tokens_out: tokens } = JSON.parse(events.pop().slice('data: '.length))
    return type === 'end' && tokens === maxTokens
  } catch {
    return false
  }
}

/** Uniform, in seconds. */
export function between(low, high) {
  return low + Math.random() * (high - low)
}
