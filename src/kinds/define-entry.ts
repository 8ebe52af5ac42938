/** An entry of a scenario file that asks for a fault: its keys, and what they mean. */
import * as z from 'zod'
import type { Descriptor } from '../core/descriptor.ts'
import type { FaultRequest, Missing } from './fault.ts'
import type { KeyPath } from './display.ts'
import { missingNames } from './references.ts'

/** What a rule over several keys may look at: the entry as it is written, whatever other mistakes it has. */
export interface LooseEntry {
  has(key: string): boolean
  /** null where the key has no text. */
  text(key: string): string | null
}

/** Tells a mistake at a key: at its value, or at the key itself where it should not be there. */
export type Refuse = (key: string, message: string, at?: 'value' | 'key') => void

/** Tells what an entry needs of a stack and the stack lacks; `path` within the entry, empty for the entry itself. */
export type Lacks = (path: KeyPath, message: string) => void

/** What the README says of an entry. Markdown, one line each. */
interface EntryDocs {
  /** What it does, in one line. */
  readonly what: string
  /** Further keys in words where their names alone say too little; the names of those that are optional otherwise. */
  readonly options?: string
}

export interface EntryDefinition<Shape extends z.ZodRawShape> {
  /** How messages call the kind of entry: several that share `key` share it. */
  readonly group: string
  /** The key that makes it an entry of this group. Where its schema is a literal, that value makes it this one, else any does. */
  readonly key: string
  /** How to write one, for the message of an entry that is none: `target + signal`. */
  readonly way: string
  /** All keys beside those that every entry has, `key` included. */
  readonly keys: Shape
  /** Rules over several keys for editors, in the words of JSON Schema. `together` tells them to people. */
  readonly rules?: Readonly<Record<string, unknown>>
  together?(entry: LooseEntry, refuse: Refuse): void
  /** Beyond names that the stack must have, which are derived from `keys`. */
  lacks?(input: z.output<z.ZodObject<Shape>>, descriptor: Descriptor, tell: Lacks): void
  request(input: z.output<z.ZodObject<Shape>>, missing: (descriptor: Descriptor) => readonly Missing[]): FaultRequest
  readonly docs: EntryDocs
}

/** An entry of which nobody need know the keys. */
export interface EntryForm extends Pick<EntryDefinition<z.ZodRawShape>, 'group' | 'key' | 'way' | 'docs'> {
  /** The value of `key` that makes it this one; null where any value does. */
  readonly value: string | null
  readonly shape: z.ZodRawShape
  readonly rules: Readonly<Record<string, unknown>>
  together(entry: LooseEntry, refuse: Refuse): void
  /** @throws TypeError for a value that does not fit `shape`: it is to be checked before. Other keys are for others. */
  read(entry: Readonly<Record<string, unknown>>): FaultRequest
}

export function defineEntry<Shape extends z.ZodRawShape>(definition: EntryDefinition<Shape>): EntryForm {
  const { group, key, way, keys, rules = {}, docs } = definition
  const named = keys[key]
  // Loose: the keys that every entry has stand beside these.
  const schema = z.object(keys)
  return {
    ...{ group, key, way, rules, docs, shape: keys },
    value: named instanceof z.ZodLiteral ? String(named.value) : null,
    together: (entry, refuse) => definition.together?.(entry, refuse),
    read(entry) {
      const parsed = schema.safeParse(entry)
      if (!parsed.success)
        throw new TypeError(`an entry of ${group} was read before it was checked: ${z.prettifyError(parsed.error)}`)
      return definition.request(parsed.data, (descriptor) => {
        const lacking = missingNames(keys, entry, descriptor)
        definition.lacks?.(parsed.data, descriptor, (path, message) => lacking.push({ path, message }))
        return lacking
      })
    },
  }
}
