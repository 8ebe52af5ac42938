/** Rules over several keys of one entry. They read the file itself, so that they are told beside other mistakes of the entry. */
import type { EntryForm, LooseEntry, Refuse } from '../../kinds/define-entry.ts'
import type { KeyPath } from '../../kinds/display.ts'
import type { JsonNode, JsonObjectNode } from '../json-tree.ts'
import type { MistakeList } from '../mistakes.ts'

/** `form` is null where the entry does not say which fault it is. */
export function checkTogether(node: JsonObjectNode, form: EntryForm | null, at: KeyPath, mistakes: MistakeList): void {
  const refuse: Refuse = (key, message, place = 'value') => {
    const member = node.members.get(key)
    const offset = place === 'key' ? member?.keyOffset : member?.value.offset
    mistakes.add(offset ?? node.offset, [...at, key], message)
  }
  const entry: LooseEntry = { has: (key) => node.members.has(key), text: (key) => textOf(node, key) }
  form?.together(entry, refuse)
  const control = entry.text('control')
  if (control !== null && control === entry.text('target'))
    refuse('control', 'must be another service than target: the control is what the fault must not touch')
  checkLinks(node.members.get('link')?.value, [...at, 'link'], mistakes)
}

function checkLinks(link: JsonNode | undefined, at: KeyPath, mistakes: MistakeList): void {
  if (link?.kind !== 'array') return
  const seen = new Set<unknown>()
  link.items.forEach((item, index) => {
    if (item.kind !== 'scalar') return
    if (item.value === 'all') mistakes.add(item.offset, [...at, index], '"all" stands alone: "link": "all"')
    if (seen.has(item.value)) mistakes.add(item.offset, [...at, index], 'is in the list twice')
    seen.add(item.value)
  })
}

function textOf(node: JsonObjectNode, key: string): string | null {
  const value = node.members.get(key)?.value
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null
}
