/** Checks a result that somebody else may have written, for `report`. */
import { ChaosError } from '../../core/errors.ts'
import { RESULT_SCHEMA_VERSION, resultShape, type RunResult } from '../../core/result/run.ts'
import { keyPathText, printable } from '../../kinds/display.ts'
import { describeIssue } from '../schema-issues.ts'

const MAX_DEPTH = 100
const MISTAKES_SHOWN = 20

/**
 * The result in the text of a file, whose name is for messages. The caller limits how much text it reads.
 * @throws ChaosError BAD_INPUT: it is no JSON, of another version, or has a field of the wrong type.
 */
export function parseResult(text: string, file: string): RunResult {
  // The stack of whoever walks the value later is not to depend on the file.
  if (deeperThan(text, MAX_DEPTH)) throw badResult(file, `it is nested deeper than ${MAX_DEPTH} levels`)
  const value = parseJson(file, text)
  const version: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'schemaVersion') : undefined
  if (typeof version === 'number' && version > RESULT_SCHEMA_VERSION) {
    throw badResult(
      file,
      `it has schemaVersion ${version}; this program knows ${RESULT_SCHEMA_VERSION}`,
      'use the version that wrote it, or a later one',
    )
  }
  const result = resultShape.safeParse(value, { error: describeIssue })
  if (result.success) return result.data
  const issues = result.error.issues
  const lines = issues.slice(0, MISTAKES_SHOWN).map((issue) => {
    const key = keyPathText(issue.path.filter((part) => typeof part !== 'symbol'))
    return key === '' ? issue.message : `${key}: ${issue.message}`
  })
  if (issues.length > lines.length) lines.push(`and ${issues.length - lines.length} more`)
  throw badResult(file, lines.join('\n'))
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badResult(file, `it is no JSON: ${printable(error instanceof Error ? error.message : String(error), 200)}`)
  }
}

function badResult(file: string, message: string, hint = 'give the result.json that a run has written'): ChaosError {
  return new ChaosError('BAD_INPUT', `${printable(file)} is no usable result file: ${message}`, { hint })
}

/** Counts brackets outside of text; the parser itself has the last word on what is JSON. */
export function deeperThan(text: string, limit: number): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (quoted && code === 0x5c) at += 1
    else if (code === 0x22) quoted = !quoted
    else if (quoted) continue
    else if (code === 0x7b || code === 0x5b) {
      depth += 1
      if (depth > limit) return true
    } else if (code === 0x7d || code === 0x5d) depth -= 1
  }
  return false
}
