/** Checks one entry of a scenario file: finds out what it breaks, and checks it with the schema of that. */
import type { ActionInput, CrashInput } from './crash-schema.ts'
import { show } from './display.ts'
import type { KeyPath } from './display.ts'
import { checkTogether } from './entry-rules.ts'
import type { JsonNode, JsonObjectNode } from './json-tree.ts'
import type { MistakeList } from './mistakes.ts'
import { hasStream, isToxicName, TOXIC_NAMES } from './network-schema.ts'
import { isResourceName, RESOURCE_NAMES, resourcesWith } from './resource-schema.ts'
import type { ResourceInput } from './resource-schema.ts'
import { checkNode, unknownKey } from './schema-issues.ts'
import type { ExplainKey } from './schema-issues.ts'
import {
  actionSchemas,
  combinedSchema,
  COMMON_KEYS,
  commonEntrySchema,
  crashSchemas,
  KIND_KEYS,
  networkSchemas,
  resourceSchemas,
} from './scenario-schema.ts'
import type { CommonInput, EntryKind, FaultKind, FaultSchemas, NetworkInput } from './scenario-schema.ts'
import { didYouMean } from '../core/suggest.ts'

export type CheckedFault =
  | { readonly kind: 'network'; readonly fault: NetworkInput }
  | { readonly kind: 'crash'; readonly fault: CrashInput }
  | { readonly kind: 'action'; readonly fault: ActionInput }
  | { readonly kind: 'resource'; readonly fault: ResourceInput }

export interface CheckedEntry {
  readonly common: CommonInput
  readonly faults: readonly CheckedFault[]
}

/** Where a fault stands: an entry of its own, which has an id and so on as well, or a part of a combined one. */
type Form = keyof FaultSchemas<unknown>

const FAULT_KINDS = (Object.keys(KIND_KEYS) as EntryKind[]).filter((kind): kind is FaultKind => kind !== 'combined')
const KINDS: readonly EntryKind[] = [...FAULT_KINDS, 'combined']
const KEYS: Readonly<Record<EntryKind, readonly string[]>> = KIND_KEYS
const ALL_KEYS = [...new Set([...COMMON_KEYS, ...KINDS.flatMap((kind) => KEYS[kind])])]
const WAYS =
  'toxic + attributes (network), target + signal (crash), target + action (action), resource + target + threshold (resource) or faults (combined)'

/** The entry as its schemas yield it, or null after at least one mistake was added. */
export function checkEntry(node: JsonNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const before = mistakes.count
  if (node.kind !== 'object') {
    mistakes.add(node.offset, at, 'must be an object: one scenario')
    return null
  }
  const kind = kindOf(node, at, mistakes, KINDS)
  const checked =
    kind === null
      ? checkCommon(node, at, mistakes)
      : kind === 'combined'
        ? checkCombined(node, at, mistakes)
        : checkSingle(kind, node, at, mistakes)
  return mistakes.count === before ? checked : null
}

function checkSingle(kind: FaultKind, node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const checked = checkFault(kind, 'entry', { node, at }, mistakes)
  checkTogether(node, at, mistakes)
  // An entry's schema yields what every entry has beside the fault's own keys.
  return checked === null ? null : { common: checked.fault as unknown as CommonInput, faults: [checked] }
}

function checkCombined(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): CheckedEntry | null {
  const explain: ExplainKey = (key, path) => (path.length === 0 ? foreignKey(key, 'combined', node) : null)
  const common = checkNode(combinedSchema, node, at, mistakes, explain)
  const list = node.members.get('faults')?.value
  const items = list?.kind === 'array' ? list.items : []
  const faults = items.map((item, index) => checkPart(item, [...at, 'faults', index], mistakes))
  checkTogether(node, at, mistakes)
  return common === null ? null : { common, faults: faults.filter((fault) => fault !== null) }
}

function checkPart(node: JsonNode, at: KeyPath, mistakes: MistakeList): CheckedFault | null {
  if (node.kind !== 'object') {
    mistakes.add(node.offset, at, 'must be an object: one fault')
    return null
  }
  const kind = kindOf(node, at, mistakes, FAULT_KINDS)
  if (kind === null || kind === 'combined') return null
  const checked = checkFault(kind, 'part', { node, at }, mistakes)
  checkTogether(node, at, mistakes)
  return checked
}

/** What the entry breaks; null, after a mistake, when it says nothing or more than one thing. */
function kindOf(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList, kinds: readonly EntryKind[]): EntryKind | null {
  const named = kinds.filter((kind) => node.members.has(KEYS[kind][0] ?? ''))
  const [first, second] = named
  if (second !== undefined) {
    const keys = named.map((kind) => `${KIND_KEYS[kind][0]} (${kind})`).join(' and ')
    const place = node.members.get(KIND_KEYS[second][0])
    mistakes.add(place?.keyOffset ?? node.offset, at, `two kinds of fault in one entry, ${keys}: make them two entries`)
    return null
  }
  if (first !== undefined) return first
  // A key that several kinds have tells nothing.
  const own = (kind: EntryKind): string[] =>
    KEYS[kind].filter((key) => kinds.every((other) => other === kind || !KEYS[other].includes(key)))
  const hinted = kinds.filter((kind) => own(kind).some((key) => node.members.has(key)))
  const [only] = hinted
  if (only !== undefined && hinted.length === 1) {
    const missing = KIND_KEYS[only][0]
    const looks = `is missing: the entry looks like a ${only} fault; a fault is given by ${WAYS}`
    mistakes.add(node.offset, [...at, missing], looks)
  } else {
    mistakes.add(node.offset, at, `names no fault: give ${WAYS}`)
  }
  return null
}

function checkCommon(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): null {
  checkNode(commonEntrySchema, node, at, mistakes)
  for (const [key, member] of node.members) {
    if (!ALL_KEYS.includes(key)) mistakes.add(member.keyOffset, [...at, key], () => unknownKey(key, ALL_KEYS))
  }
  checkTogether(node, at, mistakes)
  return null
}

interface Place {
  readonly node: JsonObjectNode
  readonly at: KeyPath
}

function checkFault(kind: FaultKind, form: Form, place: Place, mistakes: MistakeList): CheckedFault | null {
  const { node, at } = place
  const explain: ExplainKey = (key, path) => (path.length === 0 ? foreignKey(key, kind, node) : null)
  switch (kind) {
    case 'network': {
      const name = chosen('toxic', place, isToxicName, TOXIC_NAMES, mistakes, form)
      const fault = name === null ? null : checkNode(networkSchemas[name][form], node, at, mistakes, explain)
      return fault === null ? null : { kind, fault }
    }
    case 'resource': {
      const name = chosen('resource', place, isResourceName, RESOURCE_NAMES, mistakes, form)
      const fault = name === null ? null : checkNode(resourceSchemas[name][form], node, at, mistakes, explain)
      return fault === null ? null : { kind, fault }
    }
    case 'crash': {
      const fault = checkNode(crashSchemas[form], node, at, mistakes, explain)
      return fault === null ? null : { kind, fault }
    }
    case 'action': {
      const fault = checkNode(actionSchemas[form], node, at, mistakes, explain)
      return fault === null ? null : { kind, fault }
    }
  }
}

/** The name by which the schema is chosen; null, after a mistake, when it is none. The rest is then checked as far as it can be. */
function chosen<Name extends string>(
  key: string,
  { node, at }: Place,
  isName: (value: unknown) => value is Name,
  names: readonly Name[],
  mistakes: MistakeList,
  form: Form,
): Name | null {
  const member = node.members.get(key)?.value
  const value = member?.kind === 'scalar' ? member.value : null
  if (isName(value)) return value
  const guess = typeof value === 'string' ? didYouMean(value, names) : ''
  const found = member?.kind === 'scalar' ? show(member.value) : 'a value of another type'
  mistakes.add(member?.offset ?? node.offset, [...at, key], `must be one of ${names.join(', ')}, not ${found}${guess}`)
  if (form === 'entry') checkCommon(node, at, mistakes)
  return null
}

/** A key that exists, but for another kind of fault, or another one of the same kind. */
function foreignKey(key: string, kind: EntryKind, node: JsonObjectNode): string | null {
  if (kind === 'network' && (key === 'stream' || key === 'toxicity')) {
    const names = TOXIC_NAMES.filter(hasStream).join(', ')
    return `has no meaning for this toxic; only these have it: ${names}`
  }
  if (kind === 'resource' && resourcesWith(key).length > 0) {
    return `has no meaning for this resource; only these have it: ${resourcesWith(key).join(', ')}`
  }
  const owners = KINDS.filter((other) => other !== kind && KEYS[other].includes(key))
  if (owners.length === 0) return null
  const own = KIND_KEYS[kind][0]
  return `belongs to ${owners.join(' and ')} faults, and this entry is a ${kind} fault (it has ${own}): one entry, one kind${
    node.members.has('target') && kind === 'network' ? '; a network fault is aimed with link' : ''
  }`
}
