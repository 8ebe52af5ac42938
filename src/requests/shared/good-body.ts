import { search, type JSONValue } from '@jmespath-community/jmespath'

/** null when the JMESPath yields true on the body, else what it missed. */
export function bodyProblem(body: JSONValue, mustMatch: string): string | null {
  return search(body, mustMatch) === true ? null : `the body misses ${mustMatch}`
}
