/** Checks one entry of a scenario file: finds out what it breaks, and checks it with the schema of that. */
import type { FaultRequest } from '../../kinds/fault.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { EntryForm } from '../../kinds/define-entry.ts'
import { show, type KeyPath } from '../../kinds/display.ts'
import { GROUPS, ownersOf, valuesOf, WAYS, type EntryGroup } from './entry-groups.ts'
import { checkTogether } from './entry-rules.ts'
import type { JsonNode, JsonObjectNode } from '../json-tree.ts'
import type { MistakeList } from '../mistakes.ts'
import { combinedSchema, COMMON_KEYS, commonSchema, schemaOf, type CommonInput } from './schema.ts'
import { checkNode, unknownKey, type ExplainKey } from '../schema-issues.ts'

export interface CheckedEntry {
  readonly common: CommonInput
  readonly faults: readonly FaultRequest[]
}

/** Where a fault stands: an entry of its own, which has an id and so on as well, or a part of a combined one. */
interface Place {
  readonly node: JsonObjectNode
  readonly at: KeyPath
  readonly is: 'entry' | 'part'
}

/** Several faults at once. */
const COMBINED: EntryGroup = { name: 'combined', key: 'faults', forms: [], keys: ['faults'] }
/** What an entry may be. */
const KINDS = [...GROUPS, COMBINED]
const ALL_KEYS = [...new Set([...COMMON_KEYS, ...KINDS.flatMap(({ keys }) => keys)])]

/** The entry as its schemas yield it, or null after at least one mistake was added. */
export function checkEntry(node: JsonNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const before = mistakes.count
  if (node.kind !== 'object') {
    mistakes.add(node.offset, at, 'must be an object: one scenario')
    return null
  }
  const kind = kindOf(node, at, mistakes, KINDS)
  let checked: CheckedEntry | null
  if (kind === null) checked = checkCommon(node, at, mistakes)
  else if (kind === COMBINED) checked = checkCombined(node, at, mistakes)
  else checked = checkSingle(kind, node, at, mistakes)
  return mistakes.count === before ? checked : null
}

function checkSingle(group: EntryGroup, node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const fault = checkFault(group, { node, at, is: 'entry' }, mistakes)
  if (fault === null) return null
  const common = checkNode(commonSchema, node, at, mistakes)
  return common === null ? null : { common, faults: [fault] }
}

function checkCombined(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const explain: ExplainKey = (key, path) => (path.length === 0 ? foreignKey(key, COMBINED, node) : null)
  const common = checkNode(combinedSchema, node, at, mistakes, explain)
  const list = node.members.get(COMBINED.key)?.value
  const items = list?.kind === 'array' ? list.items : []
  const faults = items.map((item, index) => checkPart(item, [...at, COMBINED.key, index], mistakes))
  checkTogether(node, null, at, mistakes)
  return common === null ? null : { common, faults: faults.filter((fault) => fault !== null) }
}

function checkPart(node: JsonNode, at: KeyPath, mistakes: MistakeList): FaultRequest | null {
  if (node.kind !== 'object') {
    mistakes.add(node.offset, at, 'must be an object: one fault')
    return null
  }
  const group = kindOf(node, at, mistakes, GROUPS)
  return group === null ? null : checkFault(group, { node, at, is: 'part' }, mistakes)
}

/** What the entry breaks; null, after a mistake, when it says nothing or more than one thing. */
function kindOf(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList, kinds: readonly EntryGroup[]): EntryGroup | null {
  const named = kinds.filter(({ key }) => node.members.has(key))
  const [first, second] = named
  if (second !== undefined) {
    const keys = named.map(({ key, name }) => `${key} (${name})`).join(' and ')
    const place = node.members.get(second.key)
    mistakes.add(place?.keyOffset ?? node.offset, at, `two kinds of fault in one entry, ${keys}: make them two entries`)
    return null
  }
  if (first !== undefined) return first
  const ways = `${WAYS} or ${COMBINED.key} (${COMBINED.name})`
  // A key that several kinds have tells nothing.
  const own = (kind: EntryGroup): string[] =>
    kind.keys.filter((key) => kinds.every((other) => other === kind || !other.keys.includes(key)))
  const [only, ...others] = kinds.filter((kind) => own(kind).some((key) => node.members.has(key)))
  if (only !== undefined && others.length === 0) {
    const looks = `is missing: the entry looks like a ${only.name} fault; a fault is given by ${ways}`
    mistakes.add(node.offset, [...at, only.key], looks)
  } else {
    mistakes.add(node.offset, at, `names no fault: give ${ways}`)
  }
  return null
}

function checkCommon(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): null {
  checkNode(commonSchema, node, at, mistakes)
  for (const [key, member] of node.members) {
    if (!ALL_KEYS.includes(key)) mistakes.add(member.keyOffset, [...at, key], () => unknownKey(key, ALL_KEYS))
  }
  checkTogether(node, null, at, mistakes)
  return null
}

function checkFault(group: EntryGroup, place: Place, mistakes: MistakeList): FaultRequest | null {
  const { node, at } = place
  const form = formOf(group, place, mistakes)
  if (form === null) {
    if (place.is === 'entry') checkCommon(node, at, mistakes)
    else checkTogether(node, null, at, mistakes)
    return null
  }
  const explain: ExplainKey = (key, path) => (path.length === 0 ? foreignKey(key, group, node) : null)
  const entry = checkNode(schemaOf(form, place.is), node, at, mistakes, explain)
  checkTogether(node, form, at, mistakes)
  return entry === null ? null : form.read(entry)
}

/** The fault that the value of the group's key names; null, after a mistake, when it names none. */
function formOf(group: EntryGroup, { node, at }: Place, mistakes: MistakeList): EntryForm | null {
  const { key, forms } = group
  const any = forms.find((form) => form.value === null)
  if (any !== undefined) return any
  const member = node.members.get(key)?.value
  const value = member?.kind === 'scalar' ? member.value : null
  const named = forms.find((form) => form.value === value)
  if (named !== undefined) return named
  const names = valuesOf(group)
  const guess = typeof value === 'string' ? didYouMean(value, names) : ''
  const found = member?.kind === 'scalar' ? show(member.value) : 'a value of another type'
  mistakes.add(member?.offset ?? node.offset, [...at, key], `must be one of ${names.join(', ')}, not ${found}${guess}`)
  return null
}

/** A key that exists, but for another kind of fault, or another one of the same kind. */
function foreignKey(key: string, kind: EntryGroup, node: JsonObjectNode): string | null {
  const owners = ownersOf(kind, key)
  if (owners.length > 0) return `has no meaning for this ${kind.key}; only these have it: ${owners.join(', ')}`
  const others = KINDS.filter((other) => other !== kind && other.keys.includes(key))
  if (others.length === 0) return null
  const names = others.map(({ name }) => name).join(' and ')
  const aim = node.members.has('target') && kind.keys.includes('link') ? `; a ${kind.name} fault is aimed with link` : ''
  return `belongs to ${names} faults, and this entry is a ${kind.name} fault (it has ${kind.key}): one entry, one kind${aim}`
}
