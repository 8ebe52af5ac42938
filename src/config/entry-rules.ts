/** Rules over several keys of one fault. They read the file itself, so that they are told beside other mistakes of the entry. */
import { CRASH_MODES } from './crash-schema.ts'
import type { KeyPath } from './display.ts'
import type { JsonNode, JsonObjectNode } from './json-tree.ts'
import type { MistakeList } from './mistakes.ts'

export function checkTogether(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): void {
  checkModes(node, at, mistakes)
  checkOom(node, at, mistakes)
  checkThreshold(node, at, mistakes)
  const control = textOf(node, 'control')
  if (control !== null && control === textOf(node, 'target')) {
    mistakes.add(
      offsetOf(node, 'control'),
      [...at, 'control'],
      'must be another service than target: the control is what the fault must not touch',
    )
  }
  checkLinks(node.members.get('link')?.value, [...at, 'link'], mistakes)
}

function checkModes(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): void {
  const modes = CRASH_MODES.filter((mode) => node.members.has(mode))
  const [, second] = modes
  if (second === undefined) return
  mistakes.add(
    node.members.get(second)?.keyOffset ?? node.offset,
    [...at, second],
    `at most one of ${CRASH_MODES.join(', ')} may be given; here are ${modes.join(' and ')}`,
  )
}

/** An OOM kill is the kernel's: it sends SIGKILL when it must, and to whom it must. */
function checkOom(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): void {
  if (textOf(node, 'cause') !== 'oom') return
  const refuse = (key: string, why: string): void => {
    mistakes.add(offsetOf(node, key), [...at, key], why)
  }
  const signal = textOf(node, 'signal')
  if (signal !== null && signal !== 'SIGKILL')
    refuse('signal', 'must be "SIGKILL" with "cause": "oom": that is what the kernel sends')
  if (textOf(node, 'via') === 'api') refuse('via', 'cannot be "api" with "cause": "oom": the kernel kills, not the daemon')
  if (node.members.has('timeout_seconds'))
    refuse('timeout_seconds', 'has no meaning with "cause": "oom": nobody is asked to stop')
  const timing = textOf(node, 'timing')
  if (timing !== null && timing !== 'random')
    refuse('timing', 'must be "random" with "cause": "oom": the kernel chooses the moment')
}

function checkThreshold(node: JsonObjectNode, at: KeyPath, mistakes: MistakeList): void {
  if (textOf(node, 'resource') !== 'disk' || textOf(node, 'of') !== 'inodes') return
  const threshold = textOf(node, 'threshold')
  if (threshold !== null && !threshold.endsWith('%')) {
    mistakes.add(offsetOf(node, 'threshold'), [...at, 'threshold'], 'must be a share such as "100%" where inodes are used up')
  }
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

function offsetOf(node: JsonObjectNode, key: string): number {
  return node.members.get(key)?.value.offset ?? node.offset
}
