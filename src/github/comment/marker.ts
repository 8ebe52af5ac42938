/** The hidden first line of a comment of ours: whose it is, and how far its run has come. */
import { createHash } from 'node:crypto'

const COMMENT_STATES = ['running', 'done', 'superseded'] as const
export type CommentState = (typeof COMMENT_STATES)[number]

export interface RunOrder {
  readonly runId: number
  readonly runAttempt: number
}

export interface CommentMarker extends RunOrder {
  /** Of `commentKey`: comments with the same key are one. */
  readonly key: string
  readonly commit: string
  readonly state: CommentState
}

/** A longer key is replaced by its hash, so that no matrix can use up the comment. */
const MOST_KEY_BYTES = 600
/** Base64 has no hyphen and no angle bracket, so that no key can end the HTML comment. */
const PATTERN =
  /^<!-- chaos-action:report v1 key=([A-Za-z0-9+/]{1,800}={0,2}) commit=([0-9a-f]{7,64}) run=([1-9]\d{0,14}) attempt=([1-9]\d{0,14}) state=(running|done|superseded) -->/

/** One comment for each workflow, job and matrix. Written as JSON, so that no two of them are the same text. */
export function commentKey(workflow: string, job: string, matrix: string): string {
  const key = JSON.stringify([workflow, job, matrix])
  return Buffer.byteLength(key) <= MOST_KEY_BYTES ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** The matrix of a key that `commentKey` made of this workflow and job; null for any other, and for a key that is a hash. */
export function matrixOfKey(key: string, workflow: string, job: string): string | null {
  const before = `${JSON.stringify([workflow, job]).slice(0, -1)},`
  if (!key.startsWith(before) || !key.endsWith(']')) return null
  try {
    const matrix: unknown = JSON.parse(key.slice(before.length, -1))
    return typeof matrix === 'string' && commentKey(workflow, job, matrix) === key ? matrix : null
  } catch {
    return null
  }
}

/** One line; it belongs at the very start of the body. */
export function encodeMarker(marker: CommentMarker): string {
  const key = Buffer.from(marker.key).toString('base64')
  return (
    `<!-- chaos-action:report v1 key=${key} commit=${marker.commit} run=${marker.runId} ` +
    `attempt=${marker.runAttempt} state=${marker.state} -->`
  )
}

/** null for a body that does not begin with a marker of this version: such a comment is not ours to touch. */
export function parseMarker(body: string): CommentMarker | null {
  const match = PATTERN.exec(body)
  if (match === null) return null
  const [, key = '', commit = '', run, attempt, state] = match
  return {
    key: Buffer.from(key, 'base64').toString('utf8'),
    commit,
    runId: Number(run),
    runAttempt: Number(attempt),
    state: COMMENT_STATES.find((one) => one === state) ?? 'done',
  }
}

/** Negative when `a` ran before `b`: run ids grow, and a re-run keeps its id. */
export function compareRuns(a: RunOrder, b: RunOrder): number {
  return a.runId === b.runId ? a.runAttempt - b.runAttempt : a.runId - b.runId
}
