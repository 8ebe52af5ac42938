/** Text from files that nobody vouches for, made safe to print on one line of a terminal or a CI log. */

const LONGEST = 80

/** Escapes control, format (bidirectional overrides) and line-separator characters; everything else is left as it is. */
export function printable(text: string, maxLength = Number.MAX_SAFE_INTEGER): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped)
}

/** A value as the file has it, shortened: `"500ms"`, `-1`, `an object`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value))
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return 'a number beyond what can be represented'
  return String(value)
}

export type KeyPath = readonly (string | number)[]

/** `scenarios[0].attributes.latency`; keys that are no plain names are quoted. */
export function keyPathText(path: KeyPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!/^[A-Za-z_$][\w$.-]{0,79}$/.test(part)) text += `[${show(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

export function listText(items: readonly string[], maximum = 20): string {
  const shown = items.slice(0, maximum).join(', ')
  return items.length > maximum ? `${shown} and ${items.length - maximum} more` : shown
}
