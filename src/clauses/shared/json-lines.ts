/** JMESPath questions to JSON log lines. */
import { compile, TreeInterpreter, type JSONValue } from '@jmespath-community/jmespath'
import { ChaosError, describeError } from '../../core/errors.ts'
import { parseJson } from '../../core/json.ts'

/** A question to one parsed log line, compiled once. */
export type LineQuery = (line: JSONValue) => JSONValue

/** @throws BAD_INPUT for an expression that is no JMESPath, naming the clause and the key it stands in. */
export function lineQuery(clause: string, key: string, expression: string): LineQuery {
  try {
    const compiled = compile(expression)
    return (line) => TreeInterpreter.search(compiled, line)
  } catch (error) {
    throw new ChaosError(
      'BAD_INPUT',
      `${clause}: '${key}' is no JMESPath expression (${expression}): ${describeError(error, 200)}`,
      { cause: error },
    )
  }
}

/** A line that the expression cannot be applied to, such as a comparison with a missing field, is not a match. */
export function ask(query: LineQuery, line: JSONValue): JSONValue {
  try {
    return query(line)
  } catch {
    return null
  }
}

/** null for a line that is not a JSON object. */
export function parseLine(text: string): JSONValue | null {
  if (!text.trimStart().startsWith('{')) return null
  return (parseJson(text) as JSONValue | undefined) ?? null
}
