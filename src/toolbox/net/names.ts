import { TOOLBOX_ALL_OBJECTS, TOOLBOX_OBJECT_PREFIX } from '../../core/toolbox.ts'

/** Kernel object names of one helper: `chaos_action_<objects>_<what>`. */
export interface ObjectNames {
  /** Says which helper made a thing. */
  readonly word: string
  readonly table: (what: string) => string
  /** One letter says what: iptables takes chain names of at most 28 characters. @throws Error for more. */
  readonly chain: (what: string) => string
  /** True for what this helper's `undo` removes although it may not have made it: see TOOLBOX_ALL_OBJECTS. */
  readonly isOwn: (name: string) => boolean
}

/** Interface that exists for milliseconds while netem is tried. Interface names have at most 15 characters. */
export const TRIAL_INTERFACE = `${TOOLBOX_OBJECT_PREFIX}_0`

const WORD = /^[a-z0-9]{1,12}$/

/** @throws Error when the word would not fit into a chain name. */
export function objectNames(word: string): ObjectNames {
  if (!WORD.test(word)) throw new Error(`the word for object names must be 1 to 12 of a-z and 0-9, not '${word}'`)
  const own = `${TOOLBOX_OBJECT_PREFIX}_${word}_`
  return {
    word,
    table: (what) => `${own}${what}`,
    chain(what) {
      if (what.length !== 1) throw new Error(`one letter says what a chain is for, not '${what}'`)
      return `${own}${what}`
    },
    isOwn: word === TOOLBOX_ALL_OBJECTS ? isOurs : (name) => name.startsWith(own),
  }
}

/** True for what any helper of any run may have made. */
export function isOurs(name: string): boolean {
  return name.startsWith(`${TOOLBOX_OBJECT_PREFIX}_`)
}
