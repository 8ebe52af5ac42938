/** JMESPath as the files hold it, compiled when the file is read, so that a typo is refused before anything runs. */
import { compile, getRegisteredFunctions } from '@jmespath-community/jmespath'
import { printable } from './display.ts'
import { didYouMean } from '../core/suggest.ts'

export const MAX_JMESPATH_LENGTH = 1_000

/** Why an expression cannot be used, or null. */
export function jmespathProblem(expression: string): string | null {
  const quote = openQuote(expression)
  // The library closes an open quote at the end of the text by itself.
  if (quote !== null) return `is no JMESPath: a ${quote} is not closed`
  try {
    return nodeProblem(compile(expression))
  } catch (error) {
    return `is no JMESPath: ${printable(error instanceof Error ? error.message : String(error), 200)}`
  }
}

function openQuote(expression: string): string | null {
  let open: string | null = null
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression.charAt(at)
    if (open !== null && character === '\\') at += 1
    else if (character === open) open = null
    else if (open === null && `'"\``.includes(character)) open = character
  }
  return open
}

/** Calls of functions that do not exist, and `a = b`, which the library takes for the binding of a variable. */
function nodeProblem(root: unknown): string | null {
  const pending: { node: unknown; inLet: boolean }[] = [{ node: root, inLet: false }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, inLet } = next
    if (typeof node !== 'object' || node === null) continue
    const type: unknown = Reflect.get(node, 'type')
    if (type === 'Literal') continue
    if (type === 'Binding' && !inLet) return 'is no JMESPath condition: a comparison is written =='
    if (type === 'Function') {
      const problem = functionProblem(String(Reflect.get(node, 'name')))
      if (problem !== null) return problem
    }
    const fromLet = type === 'LetExpression' || (inLet && Array.isArray(node))
    for (const child of Object.values(node)) pending.push({ node: child, inLet: fromLet })
  }
  return null
}

function functionProblem(name: string): string | null {
  const known = getRegisteredFunctions()
  return known.includes(name) ? null : `calls ${printable(name, 60)}(), which JMESPath does not have${didYouMean(name, known)}`
}
