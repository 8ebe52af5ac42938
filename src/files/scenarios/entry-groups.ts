/** The kinds of entries that a scenario file may have, from the registry of the faults: entries that share a key are a group. */
import type { EntryForm } from '../../kinds/define-entry.ts'
import { ENTRIES } from '../../faults/registry.ts'

export interface EntryGroup {
  /** How messages call it. */
  readonly name: string
  /** The key that makes an entry one of this group. */
  readonly key: string
  /** One where any value of the key will do, else one for each value. */
  readonly forms: readonly EntryForm[]
  /** Of all of its forms; `key` is the first. */
  readonly keys: readonly string[]
}

export const GROUPS: readonly EntryGroup[] = [...new Set(ENTRIES.map(({ group }) => group))].map((name) => {
  const forms = ENTRIES.filter(({ group }) => group === name)
  const [key, other] = [...new Set(forms.map((form) => form.key))]
  if (key === undefined || other !== undefined) throw new TypeError(`entries of the group ${name} go by more than one key`)
  const keys = forms.flatMap(({ shape }) => Object.keys(shape))
  return { name, key, forms, keys: [...new Set([key, ...keys])] }
})

/** How to write an entry of each group, for the message of one that is none. */
export const WAYS = GROUPS.map(({ name, forms }) => `${forms[0]?.way ?? ''} (${name})`).join(', ')

/** The values of the group's key, each of which makes it another fault; empty where any value will do. */
export function valuesOf({ forms }: EntryGroup): string[] {
  return forms.flatMap(({ value }) => value ?? [])
}

/** Which of the group's faults have the key, where not all have it. */
export function ownersOf({ forms }: EntryGroup, key: string): string[] {
  const owners = forms.filter(({ shape }) => Object.hasOwn(shape, key))
  return owners.length === forms.length ? [] : owners.flatMap(({ value }) => value ?? [])
}
