import { search, type JSONValue } from '@jmespath-community/jmespath'

/** null when the JMESPath yields true on the body, else what it missed. */
export function bodyProblem(body: JSONValue, mustMatch: string): string | null {
  return partOf(body, mustMatch) === true ? null : `the body misses ${mustMatch}`
}

/** What the JMESPath yields on the body; null for what it does not have, and where a function takes another type than it finds. */
export function partOf(body: JSONValue, path: string): JSONValue {
  try {
    return search(body, path) ?? null
  } catch {
    return null
  }
}
