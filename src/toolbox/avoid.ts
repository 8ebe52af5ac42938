import { TOOLBOX_AVOIDABLE, type ToolboxAvoidable } from '../core/toolbox.ts'

/** @throws Error for a word that is not a mechanism: a misspelt one would be used after all. */
export function parseAvoid(value: string | undefined): ReadonlySet<ToolboxAvoidable> {
  const words = (value ?? '').split(',').filter((word) => word !== '')
  return new Set(
    words.map((word) => {
      const known = TOOLBOX_AVOIDABLE.find((name) => name === word)
      if (known === undefined) throw new Error(`cannot avoid '${word}': known are ${TOOLBOX_AVOIDABLE.join(', ')}`)
      return known
    }),
  )
}
