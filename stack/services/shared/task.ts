/** The inference request as all three services speak it. */
import { ServiceError } from './failure.ts'

export const TASK_ID_HEADER = 'x-task-id'
export const WORKER_ID_HEADER = 'x-worker-id'

export const MAX_TOKENS = 20_000
const MAX_PROMPT_LENGTH = 32_768
const MAX_MODEL_LENGTH = 512
const DEFAULT_MAX_TOKENS = 100
const DEFAULT_TEMPERATURE = 0.7
const TASK_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export interface Task {
  readonly model: string
  readonly prompt: string
  readonly maxTokens: number
  readonly temperature: number
  readonly stream: boolean
}

/** Fields that are not ours are left alone, as clients send more than we read. @throws ServiceError 422 naming the field. */
export function parseTask(body: unknown): Task {
  const fields = asRecord(body)
  return {
    model: text(fields, 'model', MAX_MODEL_LENGTH),
    prompt: text(fields, 'prompt', MAX_PROMPT_LENGTH),
    maxTokens: number(fields, 'max_tokens', DEFAULT_MAX_TOKENS, { minimum: 1, maximum: MAX_TOKENS, integer: true }),
    temperature: number(fields, 'temperature', DEFAULT_TEMPERATURE, { minimum: 0, maximum: 2, integer: false }),
    stream: flag(fields, 'stream'),
  }
}

/** The same task as JSON, always with the same bytes: what is sent on, journalled and compared. */
export function taskJson(task: Task): string {
  return JSON.stringify({
    model: task.model,
    prompt: task.prompt,
    max_tokens: task.maxTokens,
    temperature: task.temperature,
    stream: task.stream,
  })
}

/** null when the client gave none. @throws ServiceError 400 for one that cannot stand in a header, a log and a journal. */
export function readTaskId(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  if (typeof header === 'string' && TASK_ID.test(header)) return header
  throw new ServiceError(400, 'BAD_TASK_ID', `${TASK_ID_HEADER} must match ${TASK_ID.source}`)
}

export function asRecord(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new ServiceError(422, 'BAD_BODY', 'the body must be a JSON object')
}

/** @throws ServiceError 422 unless the field is a text of 1 to `maxLength` characters. */
export function text(fields: Record<string, unknown>, name: string, maxLength: number): string {
  const value = fields[name]
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value
  throw new ServiceError(422, 'BAD_FIELD', `${name} must be a text of 1 to ${maxLength} characters`)
}

interface NumberRule {
  readonly minimum: number
  readonly maximum: number
  readonly integer: boolean
}

/** @throws ServiceError 422 unless the field is absent or a number within the rule. */
export function number(fields: Record<string, unknown>, name: string, fallback: number | null, rule: NumberRule): number {
  const value = fields[name] ?? fallback
  const good =
    typeof value === 'number' && value >= rule.minimum && value <= rule.maximum && (!rule.integer || Number.isInteger(value))
  if (good) return value
  const kind = rule.integer ? 'a whole number' : 'a number'
  throw new ServiceError(422, 'BAD_FIELD', `${name} must be ${kind} from ${rule.minimum} to ${rule.maximum}`)
}

function flag(fields: Record<string, unknown>, name: string): boolean {
  const value = fields[name] ?? false
  if (typeof value === 'boolean') return value
  throw new ServiceError(422, 'BAD_FIELD', `${name} must be true or false`)
}
